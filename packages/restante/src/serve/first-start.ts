import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from '@restante/pop/sasl';
import type { AccountIndex } from '../accounts/account.ts';
import { generatePassword } from '../accounts/generate-password.ts';
import { hashPassword } from '../accounts/passwords.ts';
import { FIRST_ACCOUNT, initialPasswordFile, OPENED } from '../office/files.ts';
import type { DurableStore } from '../store/store.ts';
import { writeWhole } from '../write-whole.ts';
import type { FirstStart } from './screen.ts';
import { deliverWelcome } from './welcome-letter.ts';

export interface FirstStartOptions {
  readonly data: string;
  readonly store: Pick<DurableStore, 'beginNotice'> & AccountIndex;
  readonly hostname: string;
  /** Whether there is a terminal to show the password on. */
  readonly terminal: boolean;
}

/** What was made, and how to take it back when the office cannot open after all. */
export interface Made {
  readonly account: string;
  readonly password: FirstStart['password'];
  undo(): Promise<void>;
  /** The office is open: it was the first start, and no other will be. */
  keep(): Promise<void>;
}

/** On the first start makes an account with a letter in it; on any other answers undefined. */
export async function makeFirstAccount(options: FirstStartOptions): Promise<Made | undefined> {
  const { data, store, hostname, terminal } = options;
  const marker = join(data, OPENED);
  if ((await exists(marker)) || (await store.first()) !== undefined) return undefined;

  const file = initialPasswordFile(data);
  const text = generatePassword();
  // Before the account: an account whose password nobody knows would be worse than a password without an account.
  if (!terminal) await writeWhole(file, `${text}\n`, 0o600);
  await store.add({ name: FIRST_ACCOUNT, addresses: [], passwordHash: await hashPassword(new Secret(text)) });
  await deliverWelcome(store, FIRST_ACCOUNT, hostname);
  return {
    account: FIRST_ACCOUNT,
    password: terminal ? { type: 'shown', text } : { type: 'file', path: file },
    async undo() {
      await store.remove(FIRST_ACCOUNT);
      await rm(file, { force: true });
    },
    keep: () => writeWhole(marker, `${new Date().toISOString()}\n`, 0o600),
  };
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
