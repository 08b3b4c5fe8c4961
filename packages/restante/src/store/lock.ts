import { closeSync, existsSync, openSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { DataFolder } from './letters/segments/folder.ts';

/** Another process has the data folder open. */
export class DataInUse extends Error {
  override readonly name = 'DataInUse';
  /** The process that has it, as far as it said so. */
  readonly pid: number | undefined;

  constructor(root: string, pid: number | undefined) {
    const who = pid === undefined ? 'another process' : `process ${pid}`;
    const remedy = pid === undefined ? 'end it' : `end it (kill ${pid})`;
    super(`${root} is in use by ${who}: ${remedy}, or choose another data folder`);
    this.pid = pid;
  }
}

/**
 * Holds the data folder for this process alone. Node has no file locks of its own; SQLite has: an exclusive
 * transaction on an empty database that is never written. The system frees it when the process dies, however it dies, so
 * it is never stale.
 */
export class DataLock {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Throws DataInUse when another process, or this one, has the folder already. */
  static take(data: DataFolder): DataLock {
    const pidFile = `${data.lock}.pid`;
    if (!existsSync(data.lock)) closeSync(openSync(data.lock, 'a', 0o600));
    const database = new DatabaseSync(realpathSync(data.lock), { timeout: 0 });
    try {
      database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    } catch (error) {
      database.close();
      if (isBusy(error)) throw new DataInUse(data.root, readPid(pidFile));
      throw error;
    }
    // A separate file: opening and closing the lock's own file again would free the lock (POSIX locks do that).
    sayWho(pidFile);
    return new DataLock(database);
  }

  release(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

/** Only for the other's error message: on a full disk it has to do without. */
function sayWho(path: string): void {
  try {
    writeFileSync(path, `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  }
}

function readPid(path: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(path, 'latin1'), 10);
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether another process has the folder, told without holding it for longer than that takes. Never in the process that has it: closing
 * the lock's file there would free the lock.
 */
export function isHeld(data: DataFolder): boolean {
  if (!existsSync(data.lock)) return false;
  const database = new DatabaseSync(realpathSync(data.lock), { readOnly: true, timeout: 0 });
  try {
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  } finally {
    database.close();
  }
}

function isBusy(error: unknown): boolean {
  // SQLITE_BUSY
  return error instanceof Error && 'errcode' in error && error.errcode === 5;
}
