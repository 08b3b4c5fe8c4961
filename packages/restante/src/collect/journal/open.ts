import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, existsSync, linkSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Failure } from '../../failure.ts';
import { makeRoot, syncFolder } from '../../store/letters/segments/folder.ts';
import { journalPath } from './file-name.ts';
import { forgetHolder, holderOf, sayHolder } from './holder.ts';
import type { Journal } from './journal.ts';
import { migrate } from './schema.ts';
import { SqliteJournal } from './sqlite-journal.ts';
import { damaged, isHeld, JournalInUse, trouble } from './trouble.ts';

/** Two that come at the same moment may both be turned away: each tries again after a while of its own, in milliseconds. */
const TRIES = 20;
const PAUSE = 40;

/**
 * Opens the journal of a maildrop, and makes it where there is none. It is this process's alone until it is closed or the
 * process dies, however it dies. Throws a Failure: when somebody has it, when it is damaged or of another maildrop, when
 * it cannot be read or written.
 *
 * @param folder - made where it is missing, for the owner's eyes only
 * @param mailbox - `mailboxKey()`
 */
export function openJournal(folder: string, mailbox: string): Journal {
  const path = journalPath(folder, mailbox);
  try {
    makeRoot(folder);
    if (!existsSync(path)) make(path, mailbox);
    makePrivate(path);
    refuseEmptied(path);
    for (let tries = 1; ; tries += 1) {
      try {
        return take(path, mailbox);
      } catch (error) {
        if (!isHeld(error)) throw error;
        // Whoever has it has said so, if there was time.
        if (tries === TRIES || (tries > 1 && holderOf(path) !== undefined)) throw inUse(path);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.random() * PAUSE);
      }
    }
  } catch (error) {
    throw trouble(path, error);
  }
}

/** A journal that is gone when it is closed: for a dry run of a maildrop that was never seen, and for tests. */
export function memoryJournal(mailbox = 'anna@pop.example.org:995'): Journal {
  const database = new DatabaseSync(':memory:');
  fill(database, ':memory:', mailbox);
  return new SqliteJournal('the journal in memory', database);
}

/**
 * Made under another name and then linked to its own, which fails where somebody was faster: so a journal is there whole,
 * or it is not there, and an empty file is never one that is new.
 */
function make(path: string, mailbox: string): void {
  // SQLite would write what the log of another journal says into the new one.
  if (existsSync(`${path}-wal`)) throw new Failure(`${path} ${damaged(path, 'it is missing, and its log is there')}`);
  const draft = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    closeSync(openSync(draft, 'ax', 0o600));
    const database = new DatabaseSync(draft);
    try {
      database.exec('PRAGMA synchronous = FULL');
      fill(database, draft, mailbox);
    } finally {
      database.close();
    }
    try {
      linkSync(draft, path);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  } finally {
    rmSync(draft, { force: true });
  }
  syncFolder(dirname(path));
}

function fill(database: DatabaseSync, path: string, mailbox: string): void {
  migrate(database, path);
  database.prepare('INSERT INTO mailbox (only, key, pipelining_distrusted, failures) VALUES (1, ?, 0, 0)').run(mailbox);
}

/** By its name, never by opening it: closing it again would free this process's lock on it (POSIX locks do that). */
function makePrivate(path: string): void {
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
}

/** SQLite would take an empty file for a new database, and throw its log away. */
function refuseEmptied(path: string): void {
  if (statSync(path).size === 0) throw new Failure(`${path} ${damaged(path, 'it is empty')}`);
}

/**
 * The lock is SQLite's on the journal itself: in this mode it is taken at the first read and kept until the database is
 * closed, and the system frees it when the process dies.
 */
function take(path: string, mailbox: string): Journal {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA temp_store = MEMORY;
      PRAGMA cell_size_check = ON;
    `);
    migrate(database, path);
    const of = String(database.prepare('SELECT key FROM mailbox').get()?.['key'] ?? mailbox);
    if (of !== mailbox) throw new Failure(`${path} is the journal of ${of}, not of ${mailbox}: move it away`);
    const journal = new SqliteJournal(path, database, () => forgetHolder(path));
    sayHolder(path);
    return journal;
  } catch (error) {
    database.close();
    throw error;
  }
}

function inUse(path: string): JournalInUse {
  const pid = holderOf(path);
  const who = pid === undefined ? 'another process' : `process ${pid}`;
  const remedy =
    pid === undefined ? 'wait until it is done, or end it' : `wait until it is done, or end it (kill ${pid})`;
  return new JournalInUse(`${path} is in use by ${who}, which collects from this maildrop: ${remedy}`);
}
