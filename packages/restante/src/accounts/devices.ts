import { createHash, createHmac } from 'node:crypto';
import type { Secret } from '@restante/pop/sasl';
import type { Visit } from '@restante/pop/server';
import type { DevicePasswords } from './authenticator.ts';
import type { DeviceIndex, NotedUse } from './device.ts';
import { deviceCharacters, deviceFingerprint } from './device-password.ts';

/** The office's key, by which digests of device passwords are made. */
export class DeviceKey {
  /** What it is known by, in each row that was made under it. */
  readonly id: string;
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
    this.id = createHash('sha256').update('restante device key').update(key).digest('hex').slice(0, 12);
  }

  /** The account is in it, so that a password is good for that one alone. */
  digest(account: string, fingerprint: string): string {
    return createHmac('sha256', this.#key).update(`${account}\0${fingerprint}`).digest('hex');
  }
}

/**
 * Tells whose a device's password is. Each login reads its row, so what was revoked a moment ago is refused. The row is found by
 * a digest under a secret key: whoever sends passwords cannot choose the digest, so how long it takes to find tells nothing of it.
 */
export class Devices implements DevicePasswords {
  readonly #index: Pick<DeviceIndex, 'deviceByDigest' | 'noteDeviceUse'>;
  readonly #key: DeviceKey;
  readonly #now: () => number;
  /** The last use of each that is not written down yet: no login waits for a commit. */
  readonly #uses = new Map<string, NotedUse>();

  constructor(
    index: Pick<DeviceIndex, 'deviceByDigest' | 'noteDeviceUse'>,
    key: DeviceKey,
    now: () => number = Date.now,
  ) {
    this.#index = index;
    this.#key = key;
    this.#now = now;
  }

  isOne(password: Secret): boolean {
    return deviceCharacters(password) !== undefined;
  }

  deviceOf(account: string, password: Secret): string | undefined {
    const characters = deviceCharacters(password);
    if (characters === undefined) return undefined;
    const device = this.#index.deviceByDigest(this.#key.digest(account, deviceFingerprint(characters)));
    if (device === undefined || device.account !== account) return undefined;
    return device.expires !== undefined && device.expires <= this.#now() ? undefined : device.label;
  }

  /** Remembers a login until {@link write}. */
  used(account: string, { device, at, peer, mechanism }: Pick<Visit, 'device' | 'at' | 'peer' | 'mechanism'>): void {
    if (device === undefined) return;
    const over = `${mechanism} ${peer.tls === undefined ? 'in the clear' : `over ${peer.tls.version}`}`;
    this.#uses.set(`${account}\0${device}`, { account, label: device, at, address: peer.address, over });
  }

  /** Writes down what was used since the last time. */
  async write(): Promise<void> {
    if (this.#uses.size === 0) return;
    const uses = [...this.#uses.values()];
    this.#uses.clear();
    await this.#index.noteDeviceUse(uses);
  }
}
