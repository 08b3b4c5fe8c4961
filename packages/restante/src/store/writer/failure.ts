import { StoreError } from '@restante/pop/maildrop';
import { AccountExists, NoAccount } from '../../accounts/account.ts';
import type { Failure } from './orders.ts';

/** SQLite's code for a full disk; the low octet of an extended code is the code. */
const SQLITE_FULL = 13;

/** Any thrown thing as it crosses the threads. What nobody foresaw is temporary: the mail is kept and tried again. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof StoreError) return { type: 'store', kind: thrown.kind, message: thrown.message };
  if (thrown instanceof AccountExists) return { type: 'account-exists', message: thrown.message };
  if (thrown instanceof NoAccount) return { type: 'no-account', message: thrown.message };
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { type: 'store', kind: isFull(thrown) ? 'no-room' : 'temporary', message };
}

/** The failure as the error that the store's callers know. */
export function errorOf(failure: Failure): StoreError | AccountExists | NoAccount {
  switch (failure.type) {
    case 'store':
      return new StoreError(failure.kind, failure.message);
    case 'account-exists':
      return new AccountExists(failure.message);
    case 'no-account':
      return new NoAccount(failure.message);
  }
}

/** Whether this says that the disk, or what the user may have of it, is full. */
export function isFull(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  if ('code' in thrown && (thrown.code === 'ENOSPC' || thrown.code === 'EDQUOT')) return true;
  return 'errcode' in thrown && typeof thrown.errcode === 'number' && (thrown.errcode & 0xff) === SQLITE_FULL;
}
