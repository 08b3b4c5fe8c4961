import type { DatabaseSync } from 'node:sqlite';
import { Statement } from '../index/sqlite/statement.ts';

/** A maildrop whose count or octets, by which its quota is kept, are not those of its letters. */
export interface Miscount {
  readonly maildrop: string;
  readonly counted: { readonly letters: number; readonly octets: number };
  readonly found: { readonly letters: number; readonly octets: number };
}

/** Maildrops of one look. */
const SLICE = 100;

/**
 * Sums every maildrop's letters again, and answers those whose count is another than what is kept with them. Each slice is
 * one statement, and so sees one moment: it may run while mail flows.
 */
export function* verifyCounts(database: DatabaseSync): Generator<Miscount, number> {
  const next = new Statement<[id: number, name: string, count: number, octets: number, letters: number, sum: number]>(
    database,
    `SELECT id, name, count, octets,
       (SELECT count(*) FROM placements WHERE maildrop = maildrops.id AND departed = 0),
       (SELECT coalesce(sum(octets), 0) FROM placements WHERE maildrop = maildrops.id AND departed = 0)
     FROM maildrops WHERE id > ? AND name IS NOT NULL ORDER BY id LIMIT ${SLICE}`,
  );
  let sound = 0;
  for (let last = 0; ; ) {
    const rows = next.all(last);
    for (const [id, maildrop, count, octets, letters, sum] of rows) {
      last = id;
      if (count === letters && octets === sum) sound += 1;
      else yield { maildrop, counted: { letters: count, octets }, found: { letters, octets: sum } };
    }
    if (rows.length < SLICE) return sound;
  }
}
