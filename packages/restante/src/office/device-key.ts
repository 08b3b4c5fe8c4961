import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DeviceKey } from '../accounts/devices.ts';
import { Failure } from '../failure.ts';

/** The key's name in the data folder. */
export const DEVICE_KEY = 'device-key';

const OCTETS = 32;

/** The office's key for devices' passwords, made where there is none. Only the one who holds the data folder's lock may ask. */
export async function deviceKey(data: string): Promise<DeviceKey> {
  const path = join(data, DEVICE_KEY);
  const key = await read(path);
  if (key === undefined) return new DeviceKey(await make(path));
  if (key.length !== OCTETS) {
    throw new Failure(
      `${path} is no key: restore it from a backup, or remove it, after which all passwords of devices have to be made anew`,
    );
  }
  return new DeviceKey(key);
}

async function read(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
    throw thrown;
  }
}

/** Durable before the first digest is made with it. */
async function make(path: string): Promise<Uint8Array> {
  const key = randomBytes(OCTETS);
  const draft = `${path}.new`;
  await rm(draft, { force: true });
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(key);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  return key;
}
