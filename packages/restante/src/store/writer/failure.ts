import { StoreError } from '@restante/pop/maildrop';
import { AccountExists, NoAccount } from '../../accounts/account.ts';
import type { Failure } from './orders.ts';

/** SQLite's codes for a full disk and for damage. */
const SQLITE_FULL = 13;
/** What it says when there is no room for the log's index. */
const SQLITE_IOERR_SHMSIZE = 4874;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** Any thrown thing as it crosses the threads. What nobody foresaw is temporary: the mail is kept and tried again. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof StoreError) return { type: 'store', kind: thrown.kind, message: thrown.message };
  if (thrown instanceof AccountExists) return { type: 'account-exists', message: thrown.message };
  if (thrown instanceof NoAccount) return { type: 'no-account', message: thrown.message };
  const { kind, message } = storeErrorOf(thrown);
  return { type: 'store', kind, message };
}

/** Any thrown thing as a StoreError. */
export function storeErrorOf(thrown: unknown): StoreError {
  if (thrown instanceof StoreError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new StoreError(isFull(thrown) ? 'no-room' : isDamage(thrown) ? 'permanent' : 'temporary', message, {
    cause: thrown,
  });
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
  return sqliteCode(thrown) === SQLITE_FULL || ('errcode' in thrown && thrown.errcode === SQLITE_IOERR_SHMSIZE);
}

/** Whether this says that the index is not what was written. */
export function isDamage(thrown: unknown): boolean {
  const code = thrown instanceof Error ? sqliteCode(thrown) : undefined;
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}

/** The low octet of an extended code is the code. */
function sqliteCode(error: Error): number | undefined {
  return 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}
