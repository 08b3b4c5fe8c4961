import type { MaybePromise } from '@restante/pop/maildrop';

/** One password of several that an account has, for one device or program. */
export interface Device {
  readonly account: string;
  /** What its owner calls it; no two of an account have the same. */
  readonly label: string;
  /** Of the key under which {@link DeviceRow.digest} was made: its first characters of a digest. */
  readonly keyId: string;
  /** Milliseconds since 1970, as all times. */
  readonly made: number;
  /** Absent where it does not end. */
  readonly expires?: number;
  readonly used?: DeviceUse;
}

/** When, from where and over what it was used last. */
export interface DeviceUse {
  readonly at: number;
  readonly address: string;
  /** For people: `PLAIN over TLSv1.3`. */
  readonly over: string;
}

/** A device with what its password is known by. */
export interface DeviceRow extends Device {
  /** HMAC-SHA-256 under the office's key, in lower hex. */
  readonly digest: string;
}

/** Where devices are kept: beside the accounts. */
export interface DeviceIndex {
  /** One row, O(1). */
  deviceByDigest(digest: string): Device | undefined;
  /** All of an account's, by label. */
  devices(account: string): MaybePromise<readonly Device[]>;
  /** Rejects with NoAccount, or AccountExists where the label is taken. */
  addDevice(device: DeviceRow): Promise<void>;
  /** Answers whether there was one. */
  revokeDevice(account: string, label: string): Promise<boolean>;
  /** Enters when they were used last; what has been revoked meanwhile is left out. */
  noteDeviceUse(uses: readonly NotedUse[]): Promise<void>;
}

export interface NotedUse extends DeviceUse {
  readonly account: string;
  readonly label: string;
}
