import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { Failure, reasonOf } from '../../failure.ts';
import { DamagedRow } from './rows.ts';

/** SQLite's result codes (the low octet) that somebody has to be told about. */
const BUSY = 5;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** Somebody has the journal: to be tried again later, unlike all else that is wrong with one. */
export class JournalInUse extends Failure {}

/** Whether another process, or this one, has the journal open. */
export function isHeld(error: unknown): boolean {
  return codeOf(error) === BUSY;
}

/** What is wrong with a journal, for people: nothing of it is ever replaced or thrown away by itself. */
export function trouble(path: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  return new Failure(`${path} ${words(path, error)}`, { cause: error });
}

function words(path: string, error: unknown): string {
  if (error instanceof DamagedRow) return damaged(path, error.message);
  switch (codeOf(error)) {
    case CORRUPT:
    case NOTADB:
      return damaged(path, reasonOf(error));
    case FULL:
      return 'could not be written: no space left on the disk. What it said before still stands; make room and collect again';
    case READONLY:
    case IOERR:
    case CANTOPEN:
      return `could not be written or read: ${whyNoAccess(path) ?? `${reasonOf(error)}; see whether the disk is sound, and has room for another file`}`;
    default:
      return `could not be written or read: ${reasonOf(error)}`;
  }
}

/** What the system says to it: SQLite has fewer words. */
function whyNoAccess(path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

export function damaged(path: string, how: string): string {
  return (
    `is damaged (${how}), and has been left as it is. Put it back from a backup, with the collector stopped. If there is none, ` +
    `move ${path} and ${path}-wal away: the maildrop then counts as never seen, and --mark-existing or --last N say what ` +
    'becomes of the letters that are at the server'
  );
}

function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return undefined;
  return error.errcode & 0xff;
}
