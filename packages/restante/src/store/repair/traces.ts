import type { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { Statement } from '../index/sqlite/statement.ts';
import { isDotted } from '../letters/measure.ts';
import type { DataFolder } from '../letters/segments/folder.ts';
import { HEADER, readHeader } from '../letters/segments/record.ts';
import { OpenSegments } from '../verify/open-segments.ts';
import { readWhole } from '../verify/record.ts';

type Row = [
  maildrop: number,
  departed: number,
  ordinal: number,
  distance: number,
  octets: number,
  check: number,
  dotted: number,
  content: number,
  segment: number,
  offset: number,
  traces: number,
  contentDotted: number,
  placements: number,
];

/** Each letter whose trace fields are not what the index says, with those of its record where they can be read. */
function* wrongTraces(index: DatabaseSync, data: DataFolder): Generator<{ row: Row; traces: Buffer | undefined }> {
  const next = new Statement<Row>(
    index,
    `SELECT p.maildrop, p.departed, p.ordinal, p.trace_distance, p.trace_octets, p.trace_check, p.dotted, c.id, c.segment,
       c.offset, c.traces, c.dotted, c.placements
     FROM placements AS p JOIN contents AS c ON c.id = p.content
     WHERE (p.maildrop, p.departed, p.ordinal) > (?, ?, ?) ORDER BY p.maildrop, p.departed, p.ordinal LIMIT 1000`,
  );
  const segments = new OpenSegments(data.letters);
  try {
    for (let rows = next.all(-1, -1, -1); rows.length > 0; ) {
      for (const row of rows) {
        const traces = readTraces(segments, row);
        const [, , , distance, octets, check, dotted, , , , , contentDotted] = row;
        const own =
          traces && octets <= distance && distance <= traces.length ? at(traces, distance, octets) : undefined;
        const sound = own && crc32(own) === check && dotted === Number(contentDotted === 1 || isDotted(own));
        if (!sound) yield { row, traces };
      }
      const [maildrop, departed, ordinal] = rows.at(-1) as Row;
      rows = next.all(maildrop, departed, ordinal);
    }
  } finally {
    segments.close();
  }
}

/**
 * Sets right what the index says of trace fields that their record proves: a letter whose record is nobody else's has all of them;
 * dots are counted again. Answers how many letters that was. Contents in `unsound` are left alone.
 */
export function mendTraces(index: DatabaseSync, data: DataFolder, unsound: ReadonlySet<number>): number {
  const set = index.prepare(
    `UPDATE placements SET trace_distance = ?, trace_octets = ?, trace_check = ?, dotted = ?
     WHERE maildrop = ? AND departed = ? AND ordinal = ?`,
  );
  let mended = 0;
  for (const { row, traces } of [...wrongTraces(index, data)]) {
    const [maildrop, departed, ordinal, distance, octets, check, , content, , , , contentDotted, placements] = row;
    if (unsound.has(content) || traces === undefined) continue;
    const own = octets <= distance && distance <= traces.length ? at(traces, distance, octets) : undefined;
    const key = [maildrop, departed, ordinal] as const;
    const dots = (trace: Buffer): number => Number(contentDotted === 1 || isDotted(trace));
    if (own && crc32(own) === check) set.run(distance, octets, check, dots(own), ...key);
    else if (placements === 1) set.run(traces.length, traces.length, crc32(traces), dots(traces), ...key);
    else continue;
    mended += 1;
  }
  return mended;
}

/** Contents of which some letter's trace fields cannot be proved. */
export function damagedTraces(index: DatabaseSync, data: DataFolder): ReadonlySet<number> {
  return new Set([...wrongTraces(index, data)].map(({ row }) => row[7]));
}

function at(traces: Buffer, distance: number, octets: number): Buffer {
  return traces.subarray(traces.length - distance, traces.length - distance + octets);
}

/** All trace fields of the record, proved by its header. */
function readTraces(segments: OpenSegments, row: Row): Buffer | undefined {
  const [, , , , , , , , segment, offset, traces] = row;
  const start = offset - traces - HEADER;
  if (start < 0 || traces < 0 || traces > 16 * 1024 * 1024) return undefined;
  try {
    const front = Buffer.alloc(HEADER + traces);
    if (!readWhole(segments.open(segment), front, start)) return undefined;
    const header = readHeader(front);
    if (!header || header.traces !== traces || crc32(front.subarray(HEADER)) !== header.tracesCheck) return undefined;
    return front.subarray(HEADER);
  } catch {
    return undefined;
  }
}
