import type { DatabaseSync } from 'node:sqlite';
import { maildropName, type Problem, REPAIR } from '../problem.ts';
import { count, type IndexCheck } from './check.ts';

/** Of a removed maildrop nothing is kept. */
const ORPHANED = `FROM placements AS p WHERE departed <> 0 AND maildrop IN (SELECT id FROM maildrops WHERE name IS NOT NULL) AND NOT EXISTS
  (SELECT 1 FROM departures AS d WHERE d.view = 0 AND d.maildrop = p.maildrop AND d.change = p.departed)
  GROUP BY p.maildrop, p.departed`;

/** Letters that have left: the departure with which they did is remembered, or they could be neither brought back nor destroyed. */
export const departures: IndexCheck = {
  name: 'departures',
  *find(index: DatabaseSync): Generator<Problem> {
    const rows = index.prepare(
      `SELECT maildrop, (SELECT name FROM maildrops WHERE id = maildrop) AS name, count(*) AS letters ${ORPHANED}`,
    );
    for (const row of rows.iterate()) {
      yield {
        level: 'problem',
        check: 'departures',
        maildrop: maildropName(row['name'], row['maildrop']),
        what: `${count(row, 'letters')} letters have left, and nothing says when and how`,
        remedy: REPAIR,
      };
    }
  },
  /** They left now, as far as anybody knows: so they are kept as long as any. */
  mend(index: DatabaseSync) {
    return Number(
      index
        .prepare(
          `INSERT INTO departures (view, maildrop, change, time, letters, octets, account, session, address)
           SELECT 0, p.maildrop, p.departed, ${Date.now()}, count(*), sum(p.octets), 'repair', '', '' ${ORPHANED}`,
        )
        .run().changes,
    );
  },
};
