import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { openReadConnection } from '../store/index/sqlite/connection.ts';

/** What an SQLite file says of itself. */
export interface IndexHeader {
  /** PRAGMA user_version: the schema's. */
  readonly version: number;
  readonly application: number;
}

/**
 * Undefined when the file is no SQLite database. An empty one has version 0. Beside an open office the database is asked, since
 * what was written last is in its log; a closed one's first octets tell, so that even a damaged one is not opened for that.
 */
export function readHeader(path: string, officeIsOpen: boolean): IndexHeader | undefined {
  if (officeIsOpen) return askedHeader(path);
  const header = Buffer.alloc(100);
  const file = openSync(path, 'r');
  let octets: number;
  try {
    octets = readSync(file, header);
  } finally {
    closeSync(file);
  }
  if (octets === 0) return { version: 0, application: 0 };
  if (octets < 100 || header.toString('latin1', 0, 16) !== 'SQLite format 3\0') return undefined;
  return { version: header.readUInt32BE(60), application: header.readUInt32BE(68) };
}

function askedHeader(path: string): IndexHeader {
  const database = openReadConnection(path);
  try {
    const pragma = (name: string): number => Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
    return { version: pragma('user_version'), application: pragma('application_id') };
  } finally {
    database.close();
  }
}

/** Whether what was written last is still in SQLite's log: the office is open, or was not closed in good order. */
export function hasLog(path: string): boolean {
  return (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/**
 * Opens the index to look at it, and leaves no trace: beside an open office as one more reader, else as a file that nobody
 * changes, since SQLite would otherwise make its log and shared memory anew.
 */
export function openToLook(path: string, officeIsOpen: boolean): DatabaseSync {
  if (officeIsOpen) return openReadConnection(path);
  const url = pathToFileURL(path);
  url.searchParams.set('immutable', '1');
  return new DatabaseSync(url, { readOnly: true });
}

/**
 * The process that holds the lock, as Linux lists it; `unknown` on other systems and for a process of another container, and
 * undefined when nobody does.
 */
export function lockHolder(lock: string): number | 'unknown' | undefined {
  const there = statSync(lock, { throwIfNoEntry: false });
  if (there === undefined) return undefined;
  let locks: string;
  try {
    locks = readFileSync('/proc/locks', 'latin1');
  } catch {
    return 'unknown';
  }
  for (const [, pid = '', inode = ''] of locks.matchAll(
    /^\d+: \S+ +\S+ +WRITE +(-?\d+) [0-9a-f]+:[0-9a-f]+:(\d+) /gm,
  )) {
    if (Number(inode) === there.ino) return Number(pid) > 0 ? Number(pid) : 'unknown';
  }
  return undefined;
}
