import type { DatabaseSync } from 'node:sqlite';
import { BLOCK } from '../../letters/measure.ts';
import { HEADER } from '../../letters/segments/record.ts';
import { type Problem, REPAIR, REPAIR_FROM } from '../problem.ts';
import { count, type IndexCheck } from './check.ts';

/** References, counted; one sort on the disk, whatever their number. */
const REFERENCES = `
  SELECT id, sum(is_content) AS there, sum(said) AS said, sum(1 - is_content) AS found FROM (
    SELECT id, 1 AS is_content, placements AS said FROM contents
    UNION ALL SELECT content, 0, 0 FROM placements
  ) GROUP BY id HAVING there = 1 AND said <> found`;

/** Each content: how many letters refer to it, and that its record lies within a segment. */
export const contents: IndexCheck = {
  name: 'contents',
  *find(index: DatabaseSync): Generator<Problem> {
    const wrong = index.prepare(
      `SELECT segment, offset, said, found FROM (${REFERENCES}) AS sums JOIN contents ON contents.id = sums.id`,
    );
    for (const row of wrong.iterate()) {
      yield {
        level: 'problem',
        check: 'contents',
        ...place(row),
        what: `the index counts ${count(row, 'said')} letters with this content, and has ${count(row, 'found')}`,
        remedy: REPAIR,
      };
    }
    const outside = index.prepare(
      `SELECT segment, offset, s.number IS NULL AS unknown FROM contents LEFT JOIN segments AS s ON s.number = segment
       WHERE s.number IS NULL OR offset < traces + ${HEADER} OR offset + contents.octets > s.octets
         OR length(sha256) <> 32 OR length(checks) <> 4 * ((contents.octets + ${BLOCK - 1}) / ${BLOCK})`,
    );
    for (const row of outside.iterate()) {
      const unknown = row['unknown'] === 1;
      yield {
        level: 'problem',
        check: 'contents',
        ...place(row),
        what: unknown
          ? 'the index has a letter in a segment that it does not know'
          : 'the index has a letter that is not within its segment, or without what proves it sound',
        remedy: unknown ? REPAIR : REPAIR_FROM,
      };
    }
  },
  mend(index: DatabaseSync) {
    const counted = index
      .prepare(`UPDATE contents SET placements = sums.found FROM (${REFERENCES}) AS sums WHERE contents.id = sums.id`)
      .run().changes;
    // As the writer does it, when the last letter lets go of one.
    index.exec('DELETE FROM contents WHERE placements = 0');
    return Number(counted);
  },
};

function place(row: Record<string, unknown>): { readonly segment: number; readonly offset: number } {
  return { segment: count(row, 'segment'), offset: count(row, 'offset') };
}
