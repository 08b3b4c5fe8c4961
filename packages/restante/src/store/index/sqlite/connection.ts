import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { nameOffice } from './office-number.ts';
import { migrate } from './schema.ts';

/**
 * The one connection that writes: a commit is on the disk when it returns (WAL, synchronous=FULL). An index with nothing
 * in it is made ready, or is what `refuseNew` throws.
 */
export function openWriteConnection(path: string, refuseNew?: () => void): DatabaseSync {
  // SQLite gives its log and shared memory the mode of the database itself: make that one private first.
  closeSync(openSync(path, 'a', 0o600));
  const database = new DatabaseSync(path, { timeout: 5_000 });
  try {
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA cache_size = -16000;
      PRAGMA temp_store = MEMORY;
      PRAGMA wal_autocheckpoint = 4000;
      PRAGMA journal_size_limit = 33554432;
    `);
    migrate(database, path, refuseNew);
    nameOffice(database);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

/** A connection that only reads, for single rows and short slices on a network thread. */
export function openReadConnection(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 1_000 });
  database.exec('PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY');
  return database;
}

/** Rows that this connection has changed since it was opened, those of undone transactions too. */
export function totalChanges(database: DatabaseSync): number {
  return Number(database.prepare('SELECT total_changes() AS changes').get()?.['changes']);
}

/** Runs `work` in one transaction, undone when it throws. */
export function inTransaction<T>(database: DatabaseSync, begin: 'BEGIN' | 'BEGIN IMMEDIATE', work: () => T): T {
  database.exec(begin);
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // After some errors (a full disk) SQLite has rolled back by itself.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
