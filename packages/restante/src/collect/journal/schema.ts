import type { DatabaseSync } from 'node:sqlite';
import { Failure } from '../../failure.ts';

/** 'rstj' in ASCII: tells a journal from any other SQLite file. */
const APPLICATION_ID = 0x72_73_74_6a;

/**
 * One step each from a version to the next. A released step is never changed.
 *
 * - Letters go by a number of ours, given in the order in which they were first heard of. What a session changes lies
 *   together, and few pages are written. Nothing is looked up by key: all letters are in memory while the journal is open,
 *   and no other process has it then.
 * - Times are milliseconds since 1970.
 */
const steps: readonly string[] = [
  `
  CREATE TABLE mailbox (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    key TEXT NOT NULL,             -- which maildrop this is the journal of
    destination TEXT,
    begun INTEGER,
    last_listed INTEGER,
    doubted INTEGER,
    pipelining_distrusted INTEGER NOT NULL,
    last_login INTEGER,
    failures INTEGER NOT NULL,
    not_before INTEGER
  ) STRICT;

  CREATE TABLE letters (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    unique_id TEXT,
    state TEXT NOT NULL,
    listed INTEGER NOT NULL,
    declared_octets INTEGER,
    octets INTEGER,
    sha256 TEXT,               -- lower hex: read a million at a time, faster than a blob

    fingerprint TEXT,
    headers_only INTEGER NOT NULL,
    place TEXT,
    destination TEXT,
    kept INTEGER,
    gone INTEGER,
    was TEXT,
    attempts INTEGER NOT NULL,
    why TEXT,
    not_before INTEGER
  ) STRICT;
  `,
  'ALTER TABLE mailbox ADD COLUMN refused_until INTEGER;',
  'ALTER TABLE mailbox ADD COLUMN quiet TEXT;',
];

/** Brings the journal to this program's version in one transaction; refuses what another program, or a newer version, wrote. */
export function migrate(database: DatabaseSync, path: string): void {
  const found = pragma(database, 'user_version');
  const application = pragma(database, 'application_id');
  const tables = Number(database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.['tables']);
  if (found === 0 ? tables > 0 : application !== APPLICATION_ID) {
    throw new Failure(`${path} is a database of another program: move it away, or choose another folder with --state`);
  }
  if (found > steps.length) {
    throw new Failure(
      `${path} was written by a newer version of this program (${found}, and this one knows ${steps.length}): use that one`,
    );
  }
  if (found === steps.length) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const step of steps.slice(found)) database.exec(step);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${steps.length}`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function pragma(database: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
}
