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
  session: string,
];

/** A letter that has left, as somebody looks at it who may want it back. */
export type ExpungedRow = [
  departed: number,
  ordinal: number,
  left: number,
  restored: number,
  uniqueId: string,
  octets: number,
  arrived: number,
  account: string,
  session: string,
  address: string,
];

export class DepartedReads {
  readonly #expunged: Statement<ExpungedRow>;
  readonly #kept: Statement<[number, number]>;

  constructor(database: DatabaseSync) {
    this.#expunged = new Statement(
      database,
      `SELECT departed, ordinal, departures.time, restored, unique_id, placements.octets, placements.time,
       account, session, address
       FROM placements JOIN departures ON view = 0 AND departures.maildrop = placements.maildrop AND change = departed
       WHERE placements.maildrop = ? AND (departed, ordinal) > (?, ?) AND departed <= ?
       ORDER BY departed, ordinal LIMIT ?`,
    );
    this.#kept = new Statement(
      database,
      `SELECT count(*), coalesce(sum(octets), 0) FROM placements
       WHERE maildrop = ? AND departed = ? AND arrived > ? AND restored = 0`,
    );
  }

  /** The next letters that have left, behind the given place, up to the departure `last`. */
  expunged(maildrop: number, departed: number, ordinal: number, last: number, limit: number): ExpungedRow[] {
    return this.#expunged.all(maildrop, departed, ordinal, last, limit);
  }

  /** How many letters of one departure that arrived after change `after` can be brought back, and their octets. */
  kept(maildrop: number, departed: number, after: number): [letters: number, octets: number] {
    return this.#kept.get(maildrop, departed, after) ?? [0, 0];
  }
}

/** Placements on their way back (undelete) or out for good (purge, removal of an account). */
export class DepartedWrites {
  readonly #slice: Statement<DepartedLetterRow>;
  readonly #restored: Statement<[]>;
  readonly #first: Statement<[number | null]>;
  readonly #end: Statement<[number]>;
  readonly #last: Statement<[number | null]>;
  readonly #oldest: Statement<[number, number]>;
  readonly #lost: Statement<[number, number]>;
  readonly #forget: Statement<[]>;
  readonly #release: Statement<[]>;
  readonly #destroy: Statement<[]>;

  constructor(database: DatabaseSync) {
    this.#slice = new Statement(
      database,
      `SELECT departed, ordinal, departures.time, restored, unique_id, placements.octets, body, dotted, content,
       trace_distance, trace_octets, trace_check, session
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
      `SELECT count(*), coalesce(sum(octets), 0) FROM placements WHERE ${range} AND ordinal <= ? AND restored = 0`,
    );
    this.#oldest = new Statement(
      database,
      `SELECT ordinal, octets * (1 - restored) FROM placements WHERE ${range} ORDER BY ordinal LIMIT ?`,
    );
    this.#forget = new Statement(database, 'UPDATE maildrops SET kept_octets = kept_octets - ? WHERE id = ?');
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

  /** It came back, and does so no second time; `octets` are its own. */
  markRestored(maildrop: number, departed: number, ordinal: number, octets: number): void {
    this.#restored.run(maildrop, departed, ordinal);
    this.#forget.run(octets, maildrop);
  }

  /** The lowest `departed` of the maildrop's placements (0 for what is present); undefined when it has none at all. */
  first(maildrop: number): number | undefined {
    return this.#first.get(maildrop)?.[0] ?? undefined;
  }

  /**
   * Destroys up to `limit` placements of one departure that arrived after change `after`, and lets go of their
   * contents. With `octets` it stops once so many can be brought back no longer. Answers how many were destroyed, how
   * many of those had not come back by an undelete, and whether there may be more.
   */
  destroy(
    maildrop: number,
    departed: number,
    after: number,
    limit: number,
    octets?: number,
  ): { destroyed: number; lost: number; more: boolean } {
    const end =
      octets === undefined
        ? this.#end.get(maildrop, departed, after, limit - 1)?.[0]
        : this.#endOf(octets, maildrop, departed, after, limit);
    const last = end ?? this.#last.get(maildrop, departed, after)?.[0] ?? undefined;
    if (last === undefined) return { destroyed: 0, lost: 0, more: false };
    const [lost, lostOctets] = this.#lost.get(maildrop, departed, after, last) ?? [0, 0];
    this.#release.run(maildrop, departed, after, last);
    const destroyed = this.#destroy.run(maildrop, departed, after, last);
    // What is there has departure 0, and is none that can be brought back.
    if (departed > 0 && lostOctets > 0) this.#forget.run(lostOctets, maildrop);
    return { destroyed, lost, more: end !== undefined };
  }

  /** The last of the oldest letters that make up so many octets, or of `limit` letters; undefined where there are fewer. */
  #endOf(octets: number, maildrop: number, departed: number, after: number, limit: number): number | undefined {
    const rows = this.#oldest.all(maildrop, departed, after, limit);
    let sum = 0;
    for (const [ordinal, each] of rows) {
      sum += each;
      if (sum >= octets) return ordinal;
    }
    return rows.length < limit ? undefined : rows.at(-1)?.[0];
  }
}
