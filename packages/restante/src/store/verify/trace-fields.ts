import type { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { Statement } from '../index/sqlite/statement.ts';
import { isDotted } from '../letters/measure.ts';
import type { LettersRoom } from './letters.ts';
import { type Look, lookTwice } from './look-twice.ts';
import { maildropName, type Problem, REPAIR, REPAIR_FROM } from './problem.ts';
import { readWhole } from './record.ts';

/** A letter, and where its own trace fields are. */
type TraceRow = [
  departed: number,
  ordinal: number,
  segment: number,
  offset: number,
  distance: number,
  octets: number,
  check: number,
  dotted: number,
  contentDotted: number,
  content: number,
  uniqueId: string,
  time: number,
];

const SELECT = `SELECT p.departed, p.ordinal, c.segment, c.offset, p.trace_distance, p.trace_octets, p.trace_check, p.dotted,
  c.dotted, p.content, p.unique_id, p.time FROM placements AS p JOIN contents AS c ON c.id = p.content`;

/** What an odd index says must not make us ask for gigabytes of memory; the trace fields of a letter are some hundred octets. */
const LARGEST = 16 * 1024 * 1024;

/**
 * Reads the trace fields of each letter of each maildrop, and proves that they are the letter's own: of those that were there when the
 * maildrop's turn came, since there may be no end to those that come later.
 */
export async function* examineTraceFields(room: Omit<LettersRoom, 'done'>): AsyncGenerator<Problem> {
  const { index, segments, pace } = room;
  const maildrops = new Statement<[number, string | null, number]>(
    index,
    'SELECT id, name, change FROM maildrops WHERE id > ? ORDER BY id LIMIT 1',
  );
  const { next, one } = traceRows(index);
  for (let drop = maildrops.get(-1); drop !== undefined; drop = maildrops.get(drop[0])) {
    const [id, name, change] = drop;
    const look: Look<TraceRow> = {
      segmentOf: (row) => row[2],
      again: ([departed, ordinal]) => one.get(id, departed, ordinal),
      same: (first, second) => first[2] === second[2] && first[3] === second[3] && first[9] === second[9],
      examine: examineTrace,
    };
    let [departed, ordinal] = [-1, -1];
    const behind = (): TraceRow[] => next.all(id, departed, ordinal, change, change);
    for (let rows = behind(); rows.length > 0; rows = behind()) {
      for (const row of rows) {
        [departed, ordinal] = row;
        const found = await lookTwice(row, look, segments, pace);
        if (found?.wrong === undefined) continue;
        yield {
          level: 'problem',
          check: 'letter',
          maildrop: maildropName(name, id),
          uniqueId: row[10],
          arrived: row[11],
          left: departed !== 0,
          segment: found.row[2],
          offset: found.row[3],
          what: found.wrong,
          remedy: found.wrong.startsWith('the index') ? REPAIR : REPAIR_FROM,
        };
      }
    }
  }
}

function traceRows(index: DatabaseSync) {
  return {
    next: new Statement<TraceRow>(
      index,
      `${SELECT} WHERE p.maildrop = ? AND (p.departed, p.ordinal) > (?, ?) AND p.departed <= ? AND p.arrived <= ?
       ORDER BY p.departed, p.ordinal LIMIT 1000`,
    ),
    one: new Statement<TraceRow>(index, `${SELECT} WHERE p.maildrop = ? AND p.departed = ? AND p.ordinal = ?`),
  };
}

function* examineTrace(descriptor: number, row: TraceRow): Generator<number, string | undefined> {
  const [, , , offset, distance, octets, check, dotted, contentDotted] = row;
  if (octets < 0 || octets > LARGEST || distance < octets || distance > offset) {
    return 'the index has its trace fields where none can be';
  }
  const trace = Buffer.alloc(octets);
  if (!readWhole(descriptor, trace, offset - distance)) return 'the segment is too short for its trace fields';
  // A page of the disk is read, however few octets are wanted.
  yield Math.max(octets, 4096);
  if (crc32(trace) !== check) return 'its trace fields are not what was stored';
  if (dotted !== Number(isDotted(trace) || contentDotted === 1)) return 'the index is wrong about its dots';
  return undefined;
}
