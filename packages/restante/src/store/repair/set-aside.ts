import { closeSync, existsSync, fsyncSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { Statement } from '../index/sqlite/statement.ts';
import { indexWrites } from '../index/sqlite/writes.ts';
import { type DataFolder, makePrivateFolder, segmentPath, syncFolder } from '../letters/segments/folder.ts';
import { writeAll } from './replace.ts';

/** A letter that was taken out of its maildrop, since it can be neither served nor mended. */
export interface SetAside {
  readonly maildrop: string;
  readonly uniqueId: string;
  /** Its octets as they were found; absent where there were none. */
  readonly file?: string;
}

type Row = [
  maildrop: number,
  name: string,
  departed: number,
  ordinal: number,
  uniqueId: string,
  segment: number | null,
  offset: number | null,
  traceDistance: number,
  traceOctets: number,
  octets: number | null,
];

/**
 * Takes letters that are there out of their maildrops, as a departure by `repair`, and writes what is left of their octets into files. So
 * nothing of them is lost, and their owner's client is not held up by a letter that it cannot fetch.
 */
export function setAside(
  index: DatabaseSync,
  data: DataFolder,
  contents: readonly number[],
  folder: string,
  dryRun: boolean,
  time: number,
): readonly SetAside[] {
  const rows = new Statement<Row>(
    index,
    `SELECT p.maildrop, m.name, p.departed, p.ordinal, p.unique_id, c.segment, c.offset, p.trace_distance, p.trace_octets, c.octets
     FROM placements AS p JOIN maildrops AS m ON m.id = p.maildrop LEFT JOIN contents AS c ON c.id = p.content
     WHERE p.restored = 0 AND m.name IS NOT NULL AND ((c.id IS NULL AND p.departed = 0) OR c.id IN (SELECT value FROM json_each(?)))`,
  ).all(JSON.stringify(contents));
  if (!dryRun && rows.length > 0) makePrivateFolder(folder);
  const writes = indexWrites(index);
  const done = rows.map((row) => {
    const [maildrop, name, departed, ordinal, uniqueId] = row;
    if (departed === 0) {
      const change = (writes.maildrops.changeOf(maildrop) ?? 0) + 1;
      const { letters, octets } = writes.placements.depart(maildrop, change, [ordinal]);
      writes.maildrops.depart(maildrop, change, letters, octets);
      const by = { account: 'repair', session: 'repair', address: '' };
      writes.departures.add({ maildrop, change, time, letters, octets, by });
    }
    const file = dryRun ? undefined : write(data, row, folder);
    return { maildrop: name, uniqueId, ...(file !== undefined && { file }) };
  });
  if (!dryRun && rows.length > 0) syncFolder(folder);
  // Nobody brings back what is damaged.
  index
    .prepare('DELETE FROM placements WHERE departed <> 0 AND content IN (SELECT value FROM json_each(?))')
    .run(JSON.stringify(contents));
  return done;
}

function write(data: DataFolder, row: Row, folder: string): string | undefined {
  const [, name, , ordinal, uniqueId, segment, offset, distance, traces, octets] = row;
  if (segment === null || offset === null || octets === null || !existsSync(segmentPath(data, segment)))
    return undefined;
  // A unique-id may have any character but a blank, and a file's name may not.
  const safe = uniqueId.replaceAll(/[^\w.+=-]/g, '_').slice(0, 80);
  const path = join(folder, `${name}-${ordinal}-${safe}.eml`);
  const [from, into] = [openSync(segmentPath(data, segment), 'r'), openSync(path, 'wx', 0o600)];
  try {
    let at = 0;
    const copy = (start: number, length: number): void => {
      const piece = Buffer.alloc(Math.min(Math.max(length, 0), 1024 * 1024));
      for (let done = 0; done < length; ) {
        const count = readSync(from, piece, 0, Math.min(piece.length, length - done), Math.max(0, start + done));
        if (count === 0) return;
        at = writeAll(into, piece.subarray(0, count), at);
        done += count;
      }
    };
    copy(offset - distance, traces);
    copy(offset, octets);
    fsyncSync(into);
  } finally {
    closeSync(from);
    closeSync(into);
  }
  return path;
}
