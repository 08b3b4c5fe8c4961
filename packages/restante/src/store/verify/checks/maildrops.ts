import type { DatabaseSync } from 'node:sqlite';
import { maildropName, type Problem, REPAIR } from '../problem.ts';
import { count, type IndexCheck } from './check.ts';

const PRESENT = 'FROM placements WHERE maildrop = maildrops.id AND departed = 0';
const SUMS = `(SELECT count(*) ${PRESENT}) AS letters, (SELECT coalesce(sum(octets), 0) ${PRESENT}) AS sum,
  (SELECT coalesce(sum(octets), 0) FROM placements WHERE maildrop = maildrops.id AND departed <> 0 AND restored = 0) AS kept,
  (SELECT coalesce(max(ordinal), 0) FROM placements WHERE maildrop = maildrops.id) AS last_ordinal,
  (SELECT coalesce(max(max(arrived, departed)), 0) FROM placements WHERE maildrop = maildrops.id) AS last_change`;

/** Each maildrop: its count, its octets, and the last numbers given in it. A removed one, on its way out, has no sums. */
export const maildrops: IndexCheck = {
  name: 'maildrops',
  *find(index: DatabaseSync): Generator<Problem> {
    const rows = index.prepare(
      `SELECT id, name, count, octets, kept_octets, ordinal, change, ${SUMS} FROM maildrops WHERE name IS NOT NULL`,
    );
    for (const row of rows.iterate()) {
      const maildrop = maildropName(row['name'], row['id']);
      const say = (what: string): Problem => ({ level: 'problem', check: 'maildrops', maildrop, what, remedy: REPAIR });
      for (const [what, said, found] of [
        ['letters', 'count', 'letters'],
        ['octets', 'octets', 'sum'],
        ['octets that can be brought back', 'kept_octets', 'kept'],
      ] as const) {
        if (row[said] === row[found]) continue;
        yield say(`the index counts ${count(row, said)} ${what}, and has ${count(row, found)}`);
      }
      if (count(row, 'last_ordinal') > count(row, 'ordinal') || count(row, 'last_change') > count(row, 'change')) {
        yield say('the index has letters with numbers that were not given yet');
      }
    }
  },
  mend(index: DatabaseSync) {
    return Number(
      index
        .prepare(
          `UPDATE maildrops SET count = letters, octets = sum, kept_octets = kept,
             ordinal = max(ordinal, last_ordinal), change = max(change, last_change)
           FROM (SELECT id AS its, ${SUMS} FROM maildrops) WHERE its = maildrops.id AND name IS NOT NULL AND
             (count <> letters OR octets <> sum OR kept_octets <> kept OR ordinal < last_ordinal OR change < last_change)`,
        )
        .run().changes,
    );
  },
};
