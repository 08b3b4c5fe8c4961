import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { Statement } from '../index/sqlite/statement.ts';
import { segmentName } from '../letters/segments/folder.ts';
import { HEADER, readHeader } from '../letters/segments/record.ts';

/** A letter whose octets are not what the index says. */
export interface Damage {
  readonly segment: number;
  readonly offset: number;
  readonly what: string;
}

type Row = [segment: number, offset: number, traces: number, octets: number, sha256: Uint8Array<ArrayBuffer>];

/** Reads every record that the index names and proves it sound, header, trace fields and content. Answers what is not. */
export function* verifyLetters(database: DatabaseSync, letters: string): Generator<Damage, number> {
  const next = new Statement<Row>(
    database,
    `SELECT segment, offset, traces, octets, sha256 FROM contents
     WHERE (segment, offset) > (?, ?) ORDER BY segment, offset LIMIT 1000`,
  );
  let sound = 0;
  let open: { readonly segment: number; readonly descriptor: number } | undefined;
  try {
    for (let rows = next.all(-1, -1); rows.length > 0; ) {
      for (const row of rows) {
        const [segment, offset] = row;
        if (open?.segment !== segment) {
          if (open) closeSync(open.descriptor);
          open = undefined;
          open = { segment, descriptor: openSync(join(letters, segmentName(segment)), 'r') };
        }
        const what = wrongWith(open.descriptor, row);
        if (what === undefined) sound += 1;
        else yield { segment, offset, what };
      }
      const last = rows.at(-1);
      rows = next.all(last?.[0] ?? 0, last?.[1] ?? 0);
    }
  } finally {
    if (open) closeSync(open.descriptor);
  }
  return sound;
}

function wrongWith(descriptor: number, [, offset, traces, octets, sha256]: Row): string | undefined {
  const start = offset - traces - HEADER;
  const front = Buffer.alloc(HEADER + traces);
  if (!readWhole(descriptor, front, start)) return 'the segment is too short';
  const header = readHeader(front);
  if (!header) return 'there is no sound header';
  if (header.traces !== traces || header.octets !== octets) return 'the header has other sizes than the index';
  if (crc32(front.subarray(HEADER)) !== header.tracesCheck) return 'the trace fields are damaged';
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(Math.min(octets, 1024 * 1024));
  for (let done = 0; done < octets; ) {
    const part = piece.subarray(0, octets - done);
    if (!readWhole(descriptor, part, offset + done)) return 'the segment is too short';
    hash.update(part);
    done += part.length;
  }
  const found = hash.digest();
  if (!found.equals(sha256) || !found.equals(header.sha256)) return 'the content is damaged';
  return undefined;
}

function readWhole(descriptor: number, into: Buffer, offset: number): boolean {
  for (let done = 0; done < into.length; ) {
    const count = readSync(descriptor, into, done, into.length - done, offset + done);
    if (count === 0) return false;
    done += count;
  }
  return true;
}
