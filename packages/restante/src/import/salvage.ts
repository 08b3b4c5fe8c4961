import { existsSync, rmSync, truncateSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StoreError } from '@restante/pop/maildrop';
import { openWriteConnection } from '../store/index/sqlite/connection.ts';
import { isDamagedLog, readLog } from '../store/index/sqlite/log.ts';
import { ContentMeasure } from '../store/letters/measure.ts';
import { dataFolder, makePrivateFolder, segmentNumbers, segmentPath } from '../store/letters/segments/folder.ts';
import { DataLock } from '../store/lock.ts';
import { copyIndex } from '../store/repair/repair.ts';
import { piecesOf } from '../store/repair/replace.ts';
import { type FoundRecord, scanRecords } from '../store/repair/scan.ts';
import { MaildirWriter } from './maildir-writer.ts';

export interface SalvageReport {
  /** Letters that were written, by folder. */
  readonly letters: number;
  readonly folders: readonly string[];
  /** Records whose octets are damaged: they are left out. */
  readonly damaged: number;
  /** The index as it was before its damaged log was given up; absent where nothing was changed. */
  readonly before?: string;
}

/** A letter that came by an import has no trace fields, so nobody knows whose it was. */
const NOBODY = 'unknown';

/**
 * Writes every sound letter that is found in the segments into a Maildir for each maildrop that its trace fields name. With an index only
 * those that it does not know; without one that can be opened, all. Letters that were deleted long ago are among them, as long as their
 * octets were not cleared away. A log that is damaged is given up afterwards, behind a copy, so that the office can be opened.
 */
export async function salvage(options: { data: string; into: string; now?: () => number }): Promise<SalvageReport> {
  const data = dataFolder(resolve(options.data));
  if (!existsSync(data.letters)) throw new StoreError('permanent', `there are no letters in ${data.root}`);
  const lock = DataLock.take(data);
  try {
    const log = existsSync(data.index) ? readLog(data.index) : undefined;
    const torn = log !== undefined && isDamagedLog(log);
    // The index is looked at in a copy, which takes over what is sound of the log.
    const now = (options.now ?? Date.now)();
    const copy = existsSync(data.index) ? copyIndex(data, now, true) : undefined;
    const known = copy === undefined ? undefined : placesOf(copy);
    if (copy !== undefined) for (const end of ['', '-wal', '-shm']) rmSync(`${copy}${end}`, { force: true });
    makePrivateFolder(resolve(options.into));
    const boxes = new Map<string, { readonly writer: MaildirWriter; count: number }>();
    let damaged = 0;
    try {
      for (const number of segmentNumbers(data).sort((a, b) => a - b)) {
        for (const record of scanRecords(segmentPath(data, number))) {
          if (known?.has(`${number} ${record.offset}`)) continue;
          if (!isSound(record)) damaged += 1;
          else for (const letter of lettersOf(record)) await write(boxes, resolve(options.into), letter, now);
        }
      }
      for (const { writer } of boxes.values()) await writer.finish();
    } catch (error) {
      for (const { writer } of boxes.values()) await writer.abandon();
      throw error;
    }
    const letters = [...boxes.values()].reduce((sum, { count }) => sum + count, 0);
    const report = { letters, damaged, folders: [...boxes.keys()].map((name) => join(resolve(options.into), name)) };
    if (!torn || known === undefined) return report;
    const before = copyIndex(data, now);
    // What SQLite can take over it does; the rest it drops.
    openWriteConnection(data.index).close();
    if (existsSync(`${data.index}-wal`)) truncateSync(`${data.index}-wal`, 0);
    return { ...report, before };
  } finally {
    lock.release();
  }
}

/** Where the index has its letters; undefined when it cannot be read. */
function placesOf(index: string): ReadonlySet<string> | undefined {
  try {
    const database = openWriteConnection(index);
    try {
      const found = database.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check'];
      if (found !== 'ok') return undefined;
      const rows = database.prepare('SELECT segment, offset FROM contents').all();
      return new Set(rows.map(({ segment, offset }) => `${segment} ${offset}`));
    } finally {
      database.close();
    }
  } catch {
    return undefined;
  }
}

interface Salvaged {
  readonly maildrop: string;
  readonly trace: Buffer;
  readonly record: FoundRecord;
}

function isSound({ path, offset, header }: FoundRecord): boolean {
  const measure = new ContentMeasure();
  for (const piece of piecesOf({ path, offset }, header.octets)) measure.update(piece);
  return Buffer.from(measure.finish().sha256).equals(header.sha256);
}

/** One for each recipient: the trace fields of each begin with its Return-Path. */
function lettersOf(record: FoundRecord): readonly Salvaged[] {
  const { path, offset, header } = record;
  const all = Buffer.concat([...piecesOf({ path, offset: offset - header.traces }, header.traces)]).toString('latin1');
  const traces = all.split(/(?<=\r\n)(?=Return-Path: )/).filter((trace) => trace !== '');
  if (traces.length === 0) return [{ maildrop: NOBODY, trace: Buffer.alloc(0), record }];
  return traces.map((trace) => {
    const to = /^Delivered-To: (.*)\r$/m.exec(trace)?.[1]?.trim().toLowerCase() ?? NOBODY;
    const safe = to.replaceAll(/[^a-z0-9@._+=-]|^\./g, '_').slice(0, 160);
    return { maildrop: safe === '' ? NOBODY : safe, trace: Buffer.from(trace, 'latin1'), record };
  });
}

async function write(
  boxes: Map<string, { readonly writer: MaildirWriter; count: number }>,
  into: string,
  { maildrop, trace, record }: Salvaged,
  now: number,
): Promise<void> {
  const box = boxes.get(maildrop) ?? { writer: new MaildirWriter(join(into, maildrop)), count: 0 };
  boxes.set(maildrop, box);
  box.count += 1;
  const { path, offset, header } = record;
  await box.writer.write({
    number: box.count,
    uniqueId: '',
    octets: trace.length + header.octets,
    arrived: arrivalOf(trace) ?? now,
    pieces: async function* () {
      if (trace.length > 0) yield trace;
      yield* piecesOf({ path, offset }, header.octets);
    },
  });
}

/** Received ends in the time at which the letter came (RFC 5321 §4.4). */
function arrivalOf(trace: Buffer): number | undefined {
  const time = Date.parse(/;\s+([^;\r\n]+)\r\n$/.exec(trace.toString('latin1'))?.[1] ?? '');
  return Number.isNaN(time) ? undefined : time;
}
