import type { DatabaseSync } from 'node:sqlite';
import { maildropName, type Problem } from '../problem.ts';
import { count, type IndexCheck } from './check.ts';

/**
 * No unique-id is that of two letters of one maildrop (P3-55), and each has the form of one (P3-54). A letter that came back has the
 * one under which it left: the old placement is marked and does not count. Nothing is mended: which of two letters a client knows
 * by it, nobody can say.
 */
export const uniqueIds: IndexCheck = {
  name: 'unique-ids',
  *find(index: DatabaseSync): Generator<Problem> {
    const twice = index.prepare(
      `SELECT unique_id, count(*) AS letters, max(time) AS time, sum(departed = 0) AS present FROM placements
       WHERE maildrop = ? AND restored = 0 GROUP BY unique_id HAVING letters > 1`,
    );
    const shapeless = index.prepare(
      `SELECT unique_id, time, departed FROM placements
       WHERE maildrop = ? AND (length(unique_id) NOT BETWEEN 1 AND 70 OR unique_id GLOB '*[^!-~]*')`,
    );
    for (const { id, name } of index.prepare('SELECT id, name FROM maildrops').iterate()) {
      const maildrop = maildropName(name, id);
      for (const row of twice.iterate(Number(id))) {
        yield {
          level: 'problem',
          check: 'unique-ids',
          maildrop,
          uniqueId: String(row['unique_id']),
          arrived: count(row, 'time'),
          left: count(row, 'present') === 0,
          what: `${count(row, 'letters')} letters have this unique-id`,
          remedy: 'export the maildrop, and let its owner fetch all of it: a client may take them for one letter',
        };
      }
      for (const row of shapeless.iterate(Number(id))) {
        yield {
          level: 'problem',
          check: 'unique-ids',
          maildrop,
          uniqueId: JSON.stringify(row['unique_id']),
          arrived: count(row, 'time'),
          left: row['departed'] !== 0,
          what: 'this cannot be a unique-id',
          remedy: 'export the maildrop, and restore the last backup if many letters are like this',
        };
      }
    }
  },
};
