import { closeSync, constants, copyFileSync, existsSync, fsyncSync, openSync, rmSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { StoreError } from '@restante/pop/maildrop';
import { inTransaction, openWriteConnection, totalChanges } from '../index/sqlite/connection.ts';
import { isDamagedLog, readLog } from '../index/sqlite/log.ts';
import { ContentMeasure } from '../letters/measure.ts';
import { type DataFolder, dataFolder, makePrivateFolder, segmentPath, syncFolder } from '../letters/segments/folder.ts';
import { DataLock } from '../lock.ts';
import { indexChecks } from '../verify/checks/checks.ts';
import { pages } from '../verify/checks/pages.ts';
import { OpenSegments } from '../verify/open-segments.ts';
import type { Problem } from '../verify/problem.ts';
import { type ContentRow, ContentRows, examineRecord } from '../verify/record.ts';
import { isDamage } from '../writer/failure.ts';
import { piecesOf, Replacements } from './replace.ts';
import { type SetAside, setAside } from './set-aside.ts';
import { damagedTraces, mendTraces } from './traces.ts';

export interface RepairOptions {
  readonly data: string;
  /** A backup that sound records may be taken from. */
  readonly from?: string;
  /** Where letters go that cannot be mended; absent leaves them where they are. */
  readonly setAside?: string;
  /** Only says what it would do. */
  readonly dryRun?: boolean;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Told as letters are read. */
  readonly onProgress?: (progress: { readonly letters: number; readonly octets: number; readonly sum: number }) => void;
}

export interface RepairReport {
  /** The index as it was before; absent when nothing was changed. */
  readonly before?: string;
  /** Stored letters that were read. */
  readonly letters: number;
  /** Rows of the index that were set right, by the check. */
  readonly sums: Readonly<Record<string, number>>;
  /** Damaged records in whose place there is a sound one now. */
  readonly replaced: number;
  readonly setAside: readonly SetAside[];
  /** Damaged contents that could not be mended, and whether their letters are still in their maildrops. */
  readonly left: readonly { readonly segment: number; readonly offset: number; readonly what: string }[];
  /** What the index's checks have to say afterwards. */
  readonly problems: readonly Problem[];
}

/**
 * Mends a store that nobody has open, in one transaction, behind a copy of the index: a crash leaves it as it was, or mended. What it
 * cannot prove it does not touch. Throws DataInUse, or a StoreError with the remedy.
 */
export function repair(options: RepairOptions): RepairReport {
  const data = dataFolder(resolve(options.data));
  if (!existsSync(data.index)) {
    throw new StoreError(
      'permanent',
      `there is no index in ${data.root}: restore a backup into another data folder; restante repair --salvage DIR saves the letters that are found, without their unique-ids`,
    );
  }
  const lock = DataLock.take(data);
  try {
    refuseLog(data);
    const now = (options.now ?? Date.now)();
    const before = copyIndex(data, now, options.dryRun === true);
    let keep = false;
    try {
      const path = options.dryRun === true ? before : data.index;
      const { changed, report } = mend(data, path, options, now);
      keep = changed && options.dryRun !== true;
      return keep ? { before, ...report } : report;
    } catch (error) {
      throw isDamage(error) && error instanceof Error ? beyond(data, error.message) : error;
    } finally {
      if (!keep) for (const end of ['', '-wal', '-shm']) rmSync(`${before}${end}`, { force: true });
    }
  } finally {
    lock.release();
  }
}

function mend(
  data: DataFolder,
  path: string,
  options: RepairOptions,
  now: number,
): { readonly changed: boolean; readonly report: RepairReport } {
  const index = openWriteConnection(path, () => {
    throw beyond(data, 'there is nothing in it');
  });
  try {
    index.exec('PRAGMA temp_store = FILE');
    const changes = totalChanges(index);
    const report = inTransaction(index, 'BEGIN IMMEDIATE', () => mendAll(index, data, options, now));
    return { changed: totalChanges(index) > changes || (report.sums['index'] ?? 0) > 0, report };
  } finally {
    index.close();
  }
}

function mendAll(index: DatabaseSync, data: DataFolder, options: RepairOptions, now: number): RepairReport {
  const sums: Record<string, number> = {};
  const add = (name: string, rows: number): void => {
    if (rows > 0) sums[name] = (sums[name] ?? 0) + rows;
  };
  add('index', pages.mend?.(index) ?? 0);
  const [stillDamaged] = pages.find(index);
  if (stillDamaged) throw beyond(data, stillDamaged.what);
  const { letters, damaged } = readLetters(index, data, options.onProgress);
  const unsound: Damaged[] = [];
  for (const one of damaged) {
    if (mendFacts(index, data, one)) add('facts', 1);
    else unsound.push(one);
  }
  add('trace-fields', mendTraces(index, data, new Set(unsound.map(({ row: [id] }) => id))));
  for (const id of damagedTraces(index, data)) {
    if (unsound.some(({ row }) => row[0] === id)) continue;
    const row = new ContentRows(index).byId(id);
    if (row) unsound.push({ row, what: 'the trace fields are damaged' });
  }
  const folders = [data, ...(options.from === undefined ? [] : [backupFolder(options.from)])];
  const left: Damaged[] = [];
  if (unsound.length > 0) {
    const rows = unsound.map(({ row }) => row);
    const replacements = new Replacements(index, data, folders, rows, options.dryRun === true);
    for (const one of unsound) if (!replacements.replace(one.row)) left.push(one);
    replacements.finish();
  }
  const aside =
    options.setAside === undefined
      ? []
      : setAside(
          index,
          data,
          left.map(({ row: [id] }) => id),
          resolve(options.setAside),
          options.dryRun === true,
          now,
        );
  for (const { name, mend } of indexChecks) if (name !== 'index') add(name, mend?.(index) ?? 0);
  add('segments', forgetEmptied(index, data));
  const problems = indexChecks.flatMap(({ find }) => [...find(index)]);
  return {
    letters,
    sums,
    replaced: unsound.length - left.length,
    setAside: aside,
    left: left.map(({ row, what }) => ({ segment: row[1], offset: row[2], what })),
    problems,
  };
}

interface Damaged {
  readonly row: ContentRow;
  readonly what: string;
}

function readLetters(
  index: DatabaseSync,
  data: DataFolder,
  onProgress: RepairOptions['onProgress'],
): { readonly letters: number; readonly damaged: readonly Damaged[] } {
  const contents = new ContentRows(index);
  const segments = new OpenSegments(data.letters);
  const sum = Number(index.prepare('SELECT coalesce(sum(octets + traces), 0) AS sum FROM contents').get()?.['sum']);
  const last = contents.lastSegment();
  const damaged: Damaged[] = [];
  let [letters, octets] = [0, 0];
  try {
    for (let rows = contents.behind(-1, -1, last); rows.length > 0; ) {
      for (const row of rows) {
        const what = wrongWith(segments, row);
        if (what !== undefined) damaged.push({ row, what });
        letters += 1;
        octets += row[3] + row[4];
        onProgress?.({ letters, octets, sum });
      }
      const end = rows.at(-1) as ContentRow;
      rows = contents.behind(end[1], end[2], last);
    }
  } finally {
    segments.close();
  }
  return { letters, damaged };
}

function wrongWith(segments: OpenSegments, row: ContentRow): string | undefined {
  let descriptor: number;
  try {
    descriptor = segments.open(row[1]);
  } catch {
    return 'the segment’s file is missing';
  }
  const steps = examineRecord(descriptor, row);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Where the octets are proved by their own header, it is the index that is wrong about them. */
function mendFacts(index: DatabaseSync, data: DataFolder, { row, what }: Damaged): boolean {
  const [id, segment, offset, , octets] = row;
  if (!what.startsWith('the index has the content') && !what.startsWith('the index has another SHA-256')) return false;
  const measure = new ContentMeasure();
  for (const piece of piecesOf({ path: segmentPath(data, segment), offset }, octets)) measure.update(piece);
  const { sha256, checks, body, dotted } = measure.finish();
  index
    .prepare('UPDATE contents SET sha256 = ?, checks = ?, body = ?, dotted = ? WHERE id = ?')
    .run(sha256, checks, body, dotted ? 1 : 0, id);
  return true;
}

/** Segments that no letter is in any more and whose file is gone or cut short; what is left of it the next start clears away. */
function forgetEmptied(index: DatabaseSync, data: DataFolder): number {
  let forgotten = 0;
  const emptied = index
    .prepare('SELECT number, octets FROM segments WHERE number NOT IN (SELECT segment FROM contents)')
    .all();
  for (const { number, octets } of emptied) {
    const size = statSync(segmentPath(data, Number(number)), { throwIfNoEntry: false })?.size ?? -1;
    if (size >= Number(octets)) continue;
    index.prepare('DELETE FROM segments WHERE number = ?').run(Number(number));
    forgotten += 1;
  }
  return forgotten;
}

function backupFolder(from: string): DataFolder {
  const folder = dataFolder(resolve(from));
  if (existsSync(folder.letters)) return folder;
  throw new StoreError('permanent', `${folder.root} is no backup: there is no folder of letters in it`);
}

function refuseLog(data: DataFolder): void {
  const log = readLog(data.index);
  if (log === undefined || !isDamagedLog(log)) return;
  throw new StoreError(
    'permanent',
    `${data.index}-wal is damaged, and ${log.behind} transactions in it cannot be read: restante repair --salvage DIR saves the letters that only those knew, and goes on without them`,
  );
}

export function beyond(data: DataFolder, why: string): StoreError {
  return new StoreError(
    'permanent',
    `${data.index} cannot be mended (${why}): restore the last backup into another data folder; restante repair --salvage DIR saves the letters that are found, without their unique-ids`,
  );
}

/** The index and its log as they are, durably, before anything is changed. */
export function copyIndex(data: DataFolder, now: number, passing = false): string {
  const stamp = new Date(now).toISOString().replaceAll(/[:.]/g, '-');
  const copy = `${data.index}.${passing ? 'dry-run' : 'before-repair'}-${stamp}`;
  makePrivateFolder(data.letters);
  // The log first: where the copy is cut off, there is no index beside it.
  for (const end of ['-wal', '']) {
    if ((statSync(`${data.index}${end}`, { throwIfNoEntry: false })?.size ?? 0) === 0) continue;
    copyFileSync(`${data.index}${end}`, `${copy}${end}`, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    const descriptor = openSync(`${copy}${end}`, 'r+');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
  syncFolder(data.root);
  return copy;
}
