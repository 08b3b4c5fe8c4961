import type { DatabaseSync } from 'node:sqlite';
import { Statement } from '../index/sqlite/statement.ts';
import { type Look, lookTwice } from './look-twice.ts';
import type { OpenSegments } from './open-segments.ts';
import type { ReadPace } from './pace.ts';
import { type Hit, maildropName, type Problem, REPAIR, REPAIR_FROM } from './problem.ts';
import { type ContentRow, ContentRows, examineRecord } from './record.ts';

/** Damaged contents that are told with the letters that they hit; those beyond are told by their place. */
const TOLD = 1_000;

export interface LettersRoom {
  readonly index: DatabaseSync;
  readonly segments: OpenSegments;
  readonly pace: ReadPace;
  /** A record was looked at, of so many octets. */
  done(octets: number): void;
}

/**
 * Reads every record that the index names, in the order in which they lie on the disk, up to the last segment that there is when it begins:
 * what comes later, or is moved by a compaction, was proved by who wrote it, and there may be no end to it.
 */
export async function* examineLetters({ index, segments, pace, done }: LettersRoom): AsyncGenerator<Problem> {
  const contents = new ContentRows(index);
  const look: Look<ContentRow> = {
    segmentOf: (row) => row[1],
    again: ([id]) => contents.byId(id),
    same: (one, other) => one[1] === other[1] && one[2] === other[2] && Buffer.from(one[7]).equals(other[7]),
    examine: examineRecord,
  };
  const damaged = new Map<number, { readonly row: ContentRow; readonly wrong: string }>();
  const last = contents.lastSegment();
  let [segment, offset] = [-1, -1];
  const next = (): ContentRow[] => contents.behind(segment, offset, last);
  for (let rows = next(); rows.length > 0; rows = next()) {
    for (const first of rows) {
      segment = first[1];
      offset = first[2];
      const found = await lookTwice(first, look, segments, pace);
      if (found === undefined) continue;
      done(found.row[3] + found.row[4]);
      if (found.wrong === undefined) continue;
      if (damaged.size < TOLD) damaged.set(found.row[0], { row: found.row, wrong: found.wrong });
      else yield problem(found.row, found.wrong);
    }
  }
  if (damaged.size === 0) return;
  const hits = lettersOf(index, [...damaged.keys()]);
  for (const [id, { row, wrong }] of damaged) {
    // Destroyed meanwhile: nobody has it any more.
    if (contents.byId(id) === undefined) continue;
    const letters = hits.get(id) ?? [];
    if (letters.length === 0) yield problem(row, wrong);
    for (const hit of letters) yield { ...problem(row, wrong), ...hit };
  }
}

function problem(row: ContentRow, what: string): Problem {
  const remedy = what.startsWith('the index') ? REPAIR : REPAIR_FROM;
  return { level: 'problem', check: 'letter', what, remedy, segment: row[1], offset: row[2] };
}

/** The letters that have these contents: one look through all of them. */
export function lettersOf(index: DatabaseSync, contents: readonly number[]): ReadonlyMap<number, readonly Hit[]> {
  const rows = new Statement<[number, number, string | null, string, number, number]>(
    index,
    `SELECT content, maildrop, name, unique_id, time, departed FROM placements LEFT JOIN maildrops ON maildrops.id = maildrop
     WHERE content IN (SELECT value FROM json_each(?)) LIMIT 10000`,
  ).all(JSON.stringify(contents));
  const hits = new Map<number, Hit[]>();
  for (const [content, id, name, uniqueId, arrived, departed] of rows) {
    const hit = { maildrop: maildropName(name, id), uniqueId, arrived, left: departed !== 0 };
    const known = hits.get(content);
    if (known) known.push(hit);
    else hits.set(content, [hit]);
  }
  return hits;
}
