import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from '@restante/pop/maildrop';
import { refuseForeign, schemaVersion } from '../index/sqlite/schema.ts';
import { dataFolder } from '../letters/segments/folder.ts';
import { indexChecks } from './checks/checks.ts';
import { examineLetters } from './letters.ts';
import { examineLog } from './log.ts';
import { OpenSegments } from './open-segments.ts';
import { ReadPace } from './pace.ts';
import type { Problem } from './problem.ts';
import { SegmentFiles } from './segment-files.ts';
import { examineTraceFields } from './trace-fields.ts';

export interface VerifyOptions {
  /** The data folder, or a backup. */
  readonly data: string;
  /** Octets read a second; absent is as fast as it goes. */
  readonly rate?: number;
  /** Whether an office is open on it: then its log is being written. */
  readonly officeIsOpen?: boolean;
  /** Told as they are found. */
  readonly onProblem: (problem: Problem) => void;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

export interface VerifyProgress {
  readonly letters: number;
  readonly octets: number;
  /** Octets that there are to read. */
  readonly sum: number;
}

export interface VerifyReport {
  /** Stored letters that were read: one that is in several maildrops is one. */
  readonly letters: number;
  /** Of those letters, trace fields among them. */
  readonly octets: number;
  readonly problems: number;
  readonly notices: number;
}

/**
 * Reads all of a store and says what is not as it has to be. It only reads, over a connection of its own, and keeps nobody waiting:
 * an office may be open on it, take mail in and move its letters meanwhile. Rejects with a StoreError when there is no store.
 */
export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  const data = dataFolder(resolve(options.data));
  if (!existsSync(data.index)) throw new StoreError('permanent', `there is no post office in ${data.root}`);
  const found = { problem: 0, notice: 0 };
  const tell = (problem: Problem): void => {
    found[problem.level] += 1;
    options.onProblem(problem);
  };
  const report = { letters: 0, octets: 0 };
  const finished = (): VerifyReport => ({ ...report, problems: found.problem, notices: found.notice });
  if (options.officeIsOpen !== true) for (const problem of examineLog(data.index)) tell(problem);
  let index: DatabaseSync | undefined;
  const segments = new OpenSegments(data.letters);
  try {
    index = openToVerify(data.index);
    refuseOther(index, data.index);
    const sum = Number(index.prepare('SELECT coalesce(sum(octets + traces), 0) AS sum FROM contents').get()?.['sum']);
    for (const problem of examineIndex(index)) tell(problem);
    const files = new SegmentFiles(index, data);
    for (const problem of files.shortened()) tell(problem);
    const room = {
      index,
      segments,
      pace: new ReadPace(options.rate),
      done: (octets: number): void => {
        report.letters += 1;
        report.octets += octets;
        options.onProgress?.({ ...report, sum });
      },
    };
    for await (const problem of examineLetters(room)) tell(problem);
    for await (const problem of examineTraceFields(room)) tell(problem);
    for (const problem of files.unknown()) tell(problem);
    return finished();
  } catch (error) {
    if (!isSqlite(error)) throw error;
    tell(unreadable(data.index, error));
    return finished();
  } finally {
    segments.close();
    index?.close();
  }
}

/** All that the index says by itself, within one read transaction. */
function* examineIndex(index: DatabaseSync): Generator<Problem> {
  index.exec('BEGIN');
  try {
    for (const { find, name } of indexChecks) {
      try {
        yield* find(index);
      } catch (error) {
        // One tree that cannot be read must not hide what the others have to say.
        if (!isSqlite(error)) throw error;
        yield unreadable(`its ${name}`, error);
      }
    }
  } finally {
    if (index.isTransaction) index.exec('ROLLBACK');
  }
}

/** What is sorted goes to files, so that the memory does not grow with the number of letters. */
export function openToVerify(path: string): DatabaseSync {
  const index = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
  index.exec('PRAGMA cache_size = -16000; PRAGMA cell_size_check = ON');
  return index;
}

function refuseOther(index: DatabaseSync, path: string): void {
  const found = refuseForeign(index, path);
  if (found === schemaVersion) return;
  throw new StoreError(
    'permanent',
    `${path} has version ${found}, and this program looks through version ${schemaVersion}: open the office once, which brings it up to date`,
  );
}

function unreadable(what: string, error: Error): Problem {
  return {
    level: 'problem',
    check: 'index',
    what: `${what} cannot be read: ${error.message}`,
    remedy:
      'restore the last backup into another data folder; letters that came since can be saved with restante repair --salvage DIR',
  };
}

export function isSqlite(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR';
}
