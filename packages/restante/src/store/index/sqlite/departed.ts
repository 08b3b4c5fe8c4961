import type { DatabaseSync } from 'node:sqlite';
import { Statement } from './statement.ts';

/** A letter that has left; `time` is when, `restored` is 1 once it came back as a new arrival. */
export type DepartedLetterRow = [
  departed: number,
  ordinal: number,
  time: number,
  restored: number,
  uniqueId: string,
  octets: number,
  body: number,
  dotted: number,
  content: number,
  traceDistance: number,
  traceOctets: number,
  traceCheck: number,
];

/** Placements on their way back (undelete) or out for good (purge, removal of an account). */
export class DepartedWrites {
  readonly #slice: Statement<DepartedLetterRow>;
  readonly #restored: Statement<[]>;
  readonly #first: Statement<[number | null]>;
  readonly #end: Statement<[number]>;
  readonly #last: Statement<[number | null]>;
  readonly #lost: Statement<[number]>;
  readonly #release: Statement<[]>;
  readonly #destroy: Statement<[]>;

  constructor(database: DatabaseSync) {
    this.#slice = new Statement(
      database,
      `SELECT departed, ordinal, departures.time, restored, unique_id, placements.octets, body, dotted, content,
       trace_distance, trace_octets, trace_check
       FROM placements JOIN departures ON view = 0 AND departures.maildrop = placements.maildrop AND change = departed
       WHERE placements.maildrop = ? AND (departed, ordinal) > (?, ?) AND departed <= ?
       ORDER BY departed, ordinal LIMIT ?`,
    );
    this.#restored = new Statement(
      database,
      'UPDATE placements SET restored = 1 WHERE maildrop = ? AND departed = ? AND ordinal = ?',
    );
    const range = 'maildrop = ? AND departed = ? AND arrived > ?';
    this.#first = new Statement(database, 'SELECT min(departed) FROM placements WHERE maildrop = ?');
    this.#end = new Statement(
      database,
      `SELECT ordinal FROM placements WHERE ${range} ORDER BY ordinal LIMIT 1 OFFSET ?`,
    );
    this.#last = new Statement(database, `SELECT max(ordinal) FROM placements WHERE ${range}`);
    this.#lost = new Statement(
      database,
      `SELECT count(*) FROM placements WHERE ${range} AND ordinal <= ? AND restored = 0`,
    );
    this.#release = new Statement(
      database,
      `UPDATE contents SET placements = placements - released.times
       FROM (SELECT content, count(*) AS times FROM placements WHERE ${range} AND ordinal <= ? GROUP BY content) AS released
       WHERE contents.id = released.content`,
    );
    this.#destroy = new Statement(database, `DELETE FROM placements WHERE ${range} AND ordinal <= ?`);
  }

  /** The next letters that have left, behind the given place, up to the departure `last`. */
  slice(maildrop: number, departed: number, ordinal: number, last: number, limit: number): DepartedLetterRow[] {
    return this.#slice.all(maildrop, departed, ordinal, last, limit);
  }

  markRestored(maildrop: number, departed: number, ordinal: number): void {
    this.#restored.run(maildrop, departed, ordinal);
  }

  /** The lowest `departed` of the maildrop's placements (0 for what is present); undefined when it has none at all. */
  first(maildrop: number): number | undefined {
    return this.#first.get(maildrop)?.[0] ?? undefined;
  }

  /**
   * Destroys up to `limit` placements of one departure that arrived after change `after`, and lets go of their
   * contents. Answers how many, how many of those had not come back by an undelete, and whether there are more.
   */
  destroy(
    maildrop: number,
    departed: number,
    after: number,
    limit: number,
  ): { destroyed: number; lost: number; more: boolean } {
    const end = this.#end.get(maildrop, departed, after, limit - 1)?.[0];
    const last = end ?? this.#last.get(maildrop, departed, after)?.[0] ?? undefined;
    if (last === undefined) return { destroyed: 0, lost: 0, more: false };
    const lost = this.#lost.get(maildrop, departed, after, last)?.[0] ?? 0;
    this.#release.run(maildrop, departed, after, last);
    const destroyed = this.#destroy.run(maildrop, departed, after, last);
    return { destroyed, lost, more: end !== undefined };
  }
}
