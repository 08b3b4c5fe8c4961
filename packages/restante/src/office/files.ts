import { constants } from 'node:fs';
import { copyFile, mkdir, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Says that the office was open once: what an empty office does on its first start is not done again. */
export const OPENED = 'opened';

/** The account of a first start. */
export const FIRST_ACCOUNT = 'mail';

/** Where a first start leaves that account's password, when there is no terminal to show it on. */
export function initialPasswordFile(data: string): string {
  return join(data, 'initial-password');
}

/** What belongs to an office beside its store: a backup has it too. Passwords in clear are not among it. */
const FILES = [OPENED, 'restante.toml', 'device-key', 'tls/cert.pem', 'tls/key.pem'];

/**
 * Copies the office's files, for the owner's eyes only and durably. What is missing is left out; what is there stays, or with
 * `renew` makes way, each file at one stroke.
 */
export async function copyOfficeFiles(from: string, into: string, renew = false): Promise<void> {
  for (const name of FILES) {
    const target = join(into, name);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    const passing = `${target}.new`;
    try {
      if (renew) await copyFile(join(from, name), passing);
      else await copyFile(join(from, name), target, constants.COPYFILE_EXCL);
    } catch (thrown) {
      if (isOneOf(thrown, 'ENOENT', 'EEXIST')) continue;
      throw thrown;
    }
    const file = await open(renew ? passing : target, 'r');
    try {
      await file.chmod(0o600);
      await file.sync();
    } finally {
      await file.close();
    }
    if (renew) await rename(passing, target);
  }
}

function isOneOf(thrown: unknown, ...codes: readonly string[]): boolean {
  return thrown instanceof Error && 'code' in thrown && codes.includes(String(thrown.code));
}
