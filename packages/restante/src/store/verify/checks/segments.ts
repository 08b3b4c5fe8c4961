import type { DatabaseSync } from 'node:sqlite';
import { HEADER } from '../../letters/segments/record.ts';
import { type Problem, REPAIR } from '../problem.ts';
import { count, type IndexCheck } from './check.ts';

const LIVE = `(SELECT coalesce(sum(${HEADER} + traces + octets), 0) FROM contents WHERE segment = number)`;

/** Each segment: what lives in it and what is dead are all of it. */
export const segments: IndexCheck = {
  name: 'segments',
  *find(index: DatabaseSync): Generator<Problem> {
    const rows = index
      .prepare(`SELECT number, octets - dead AS said, ${LIVE} AS live FROM segments WHERE said <> live`)
      .iterate();
    for (const row of rows) {
      yield {
        level: 'problem',
        check: 'segments',
        segment: count(row, 'number'),
        what: `the index has ${count(row, 'said')} living octets in this segment, and letters of ${count(row, 'live')}`,
        remedy: REPAIR,
      };
    }
  },
  /** A segment that letters are in and the index does not know is entered again, as far as those letters go. */
  mend(index: DatabaseSync) {
    const entered = index
      .prepare(
        `INSERT INTO segments (number, octets, dead)
         SELECT segment, max(offset + octets), 0 FROM contents WHERE segment NOT IN (SELECT number FROM segments) GROUP BY segment`,
      )
      .run().changes;
    const summed = index
      .prepare(`UPDATE segments SET dead = octets - ${LIVE} WHERE octets - dead <> ${LIVE} AND octets >= ${LIVE}`)
      .run().changes;
    return Number(entered) + Number(summed);
  },
};
