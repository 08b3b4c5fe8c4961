import type { AccountIndex } from '../accounts/account.ts';
import type { Device, DeviceIndex } from '../accounts/device.ts';
import { Failure } from '../failure.ts';
import { namedAccount, printable } from './addresses.ts';
import { deviceKey } from './device-key.ts';

/** A device as its operator sees it. Times are as ISO 8601 has them. */
export interface DeviceView {
  readonly account: string;
  readonly label: string;
  readonly made: string;
  readonly expires?: string;
  /** `void`: made under a key that the data folder does not have any more. */
  readonly state: 'good' | 'expired' | 'void';
  readonly used?: { readonly at: string; readonly address: string; readonly over: string };
}

export interface DeviceRequest {
  readonly name: string;
  readonly label: string;
  /** Of the password, which stays with who made it. */
  readonly fingerprint: string;
  /** Milliseconds since 1970. */
  readonly expires?: number | undefined;
}

/** Devices that one account may have. */
const MOST = 1000;

/** The passwords of devices, as the command line changes them. */
export class OfficeDevices {
  readonly #data: string;
  readonly #store: Pick<AccountIndex, 'byName'> & DeviceIndex;

  constructor({ data, store }: { readonly data: string; readonly store: Pick<AccountIndex, 'byName'> & DeviceIndex }) {
    this.#data = data;
    this.#store = store;
  }

  async add({ name, label, fingerprint, expires }: DeviceRequest): Promise<DeviceView> {
    const account = (await namedAccount(this.#store, name)).name;
    if (!/^[^\p{C}]{1,64}$/u.test(label) || label.trim() !== label) {
      throw new Failure('a label has 1 to 64 characters that can be printed, and begins and ends with no space');
    }
    const now = Date.now();
    if (expires !== undefined && expires <= now) throw new Failure('that time is over: name one that is to come');
    if ((await this.#store.devices(account)).length >= MOST)
      throw new Failure(`an account has ${MOST} devices at most`);
    const key = await deviceKey(this.#data);
    const device = { account, label, keyId: key.id, made: now, ...(expires !== undefined && { expires }) };
    await this.#store.addDevice({ ...device, digest: key.digest(account, fingerprint) });
    return view(device, key.id, now);
  }

  async list({ name }: { readonly name: string }): Promise<readonly DeviceView[]> {
    const account = (await namedAccount(this.#store, name)).name;
    const devices = await this.#store.devices(account);
    if (devices.length === 0) return [];
    const { id } = await deviceKey(this.#data);
    return devices.map((device) => view(device, id, Date.now()));
  }

  async revoke({ name, label }: { readonly name: string; readonly label: string }): Promise<void> {
    const account = (await namedAccount(this.#store, name)).name;
    if (!(await this.#store.revokeDevice(account, label))) {
      throw new Failure(
        `${account} has no device ${printable(label)}: restante account device list ${account} shows those there are`,
      );
    }
  }
}

function view({ account, label, made, expires, used, keyId }: Device, key: string, now: number): DeviceView {
  const state = keyId !== key ? 'void' : expires !== undefined && expires <= now ? 'expired' : 'good';
  return {
    account,
    label,
    made: iso(made),
    ...(expires !== undefined && { expires: iso(expires) }),
    state,
    ...(used !== undefined && { used: { ...used, at: iso(used.at) } }),
  };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
