import { readSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { Statement } from '../index/sqlite/statement.ts';
import { ContentMeasure } from '../letters/measure.ts';
import { HEADER, readHeader } from '../letters/segments/record.ts';

/** A record as the index describes it. */
export type ContentRow = [
  id: number,
  segment: number,
  offset: number,
  traces: number,
  octets: number,
  body: number,
  dotted: number,
  sha256: Uint8Array<ArrayBuffer>,
  checks: Uint8Array<ArrayBuffer>,
];

const COLUMNS = 'id, segment, offset, traces, octets, body, dotted, sha256, checks';

/** Octets read at once. */
const PIECE = 1024 * 1024;

/** The contents of an index, in the order in which they lie in the segments. */
export class ContentRows {
  readonly #next: Statement<ContentRow>;
  readonly #byId: Statement<ContentRow>;
  readonly #last: Statement<[number | null]>;

  constructor(database: DatabaseSync) {
    this.#next = new Statement(
      database,
      `SELECT ${COLUMNS} FROM contents WHERE (segment, offset) > (?, ?) AND segment <= ? ORDER BY segment, offset LIMIT 1000`,
    );
    this.#last = new Statement(database, 'SELECT max(segment) FROM contents');
    this.#byId = new Statement(database, `SELECT ${COLUMNS} FROM contents WHERE id = ?`);
  }

  /** Up to 1,000 behind this place, in segments up to `last`. */
  behind(segment: number, offset: number, last: number): ContentRow[] {
    return this.#next.all(segment, offset, last);
  }

  /** The last segment that any is in; -1 when there are none. */
  lastSegment(): number {
    return this.#last.get()?.[0] ?? -1;
  }

  byId(id: number): ContentRow | undefined {
    return this.#byId.get(id);
  }
}

/**
 * Reads a record and proves it sound: the header, the trace fields, and of the content its SHA-256, octets, body, dots and the checks that
 * it is served by. Yields how many octets were read, piece by piece; answers what is wrong.
 */
export function* examineRecord(descriptor: number, row: ContentRow): Generator<number, string | undefined> {
  const [, , offset, traces, octets, body, dotted, sha256, checks] = row;
  const start = offset - traces - HEADER;
  if (start < 0 || traces < 0 || octets < 0) return 'the index has it where no letter can be';
  const front = Buffer.alloc(HEADER + traces);
  if (!readWhole(descriptor, front, start)) return 'the segment is too short';
  yield front.length;
  const header = readHeader(front);
  if (!header) return 'there is no sound header';
  if (header.traces !== traces || header.octets !== octets) return 'the header has other sizes than the index';
  if (crc32(front.subarray(HEADER)) !== header.tracesCheck) return 'the trace fields are damaged';
  const measure = new ContentMeasure();
  const piece = Buffer.allocUnsafe(Math.min(octets, PIECE));
  for (let done = 0; done < octets; ) {
    const part = piece.subarray(0, octets - done);
    if (!readWhole(descriptor, part, offset + done)) return 'the segment is too short';
    measure.update(part);
    done += part.length;
    yield part.length;
  }
  const facts = measure.finish();
  const found = Buffer.from(facts.sha256);
  if (!found.equals(header.sha256)) return 'the content is damaged';
  // From here on the octets are sound, and it is the index that is not.
  if (!found.equals(sha256)) return 'the index has another SHA-256 of the content';
  if (facts.body !== body || facts.dotted !== (dotted === 1)) return 'the index has the content’s facts wrong';
  if (!Buffer.from(facts.checks).equals(checks)) return 'the index has the content’s checks wrong';
  return undefined;
}

export function readWhole(descriptor: number, into: Buffer, offset: number): boolean {
  for (let done = 0; done < into.length; ) {
    const count = readSync(descriptor, into, done, into.length - done, offset + done);
    if (count === 0) return false;
    done += count;
  }
  return true;
}
