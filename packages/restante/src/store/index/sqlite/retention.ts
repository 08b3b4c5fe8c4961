import type { DatabaseSync } from 'node:sqlite';
import type { PastRetention } from '../../../accounts/retention.ts';
import { Statement } from './statement.ts';

/** For all who have no policy of their own. */
export const SETTINGS = 0;
/** How "for ever" is kept. */
const NEVER = -1;

/** What sessions were told of how long letters are kept, before that became shorter. */
export class RetentionReads {
  readonly #past: Statement<[number, number]>;
  readonly #aged: Statement<[number, number]>;
  readonly #fetched: Statement<[number, number, number]>;

  constructor(database: DatabaseSync) {
    this.#past = new Statement(
      database,
      `SELECT days, last FROM past_retention WHERE maildrop IN (?, ${SETTINGS}) ORDER BY last`,
    );
    this.#aged = new Statement(
      database,
      `SELECT ordinal, coalesce(placed, time) FROM placements
       WHERE maildrop = ? AND departed = 0 AND ordinal > ? ORDER BY ordinal LIMIT ?`,
    );
    this.#fetched = new Statement(
      database,
      `SELECT ordinal, coalesce(placed, time), fetched FROM placements
       WHERE maildrop = ? AND departed = 0 AND fetched IS NOT NULL AND (fetched, ordinal) > (?, ?) AND fetched <= ?
       ORDER BY fetched, ordinal LIMIT ?`,
    );
  }

  /** The next letters that were first fetched before a time, behind the given place, the earliest first. */
  fetched(
    maildrop: number,
    [after, ordinal]: readonly [fetched: number, ordinal: number],
    before: number,
    limit: number,
  ): [ordinal: number, arrived: number, fetched: number][] {
    return this.#fetched.all(maildrop, after, ordinal, before, limit);
  }

  past(maildrop: number): PastRetention[] {
    return this.#past.all(maildrop).map(([days, last]) => ({ days: days === NEVER ? null : days, last }));
  }

  /** The next letters behind `after`, in their order, and when they came here. */
  aged(maildrop: number, after: number, limit: number): [ordinal: number, arrived: number][] {
    return this.#aged.all(maildrop, after, limit);
  }
}

export class RetentionWrites {
  readonly #told: Statement<[]>;
  readonly #current: Statement<[number]>;
  readonly #setCurrent: Statement<[]>;
  readonly #forget: Statement<[]>;
  readonly #fetched: Statement<[]>;

  constructor(database: DatabaseSync) {
    this.#told = new Statement(
      database,
      `INSERT INTO past_retention (maildrop, days, last) VALUES (?, ?, ?)
       ON CONFLICT (maildrop, days) DO UPDATE SET last = max(last, excluded.last)`,
    );
    this.#current = new Statement(database, "SELECT value FROM counters WHERE name = 'announced_days'");
    this.#setCurrent = new Statement(
      database,
      `INSERT INTO counters (name, value) VALUES ('announced_days', ?)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    );
    this.#fetched = new Statement(
      database,
      `UPDATE placements SET fetched = ? WHERE maildrop = ? AND departed = 0 AND fetched IS NULL
       AND ordinal IN (SELECT value FROM json_each(?))`,
    );
    this.#forget = new Statement(database, 'DELETE FROM past_retention WHERE maildrop = ?');
  }

  /** From `time` on sessions are told `after` instead of `before`: what was longer is kept in mind. */
  changed(maildrop: number, before: number | null, after: number | null, time: number): void {
    if (after !== null && (before === null || before > after)) this.#told.run(maildrop, before ?? NEVER, time);
  }

  /** The settings say this from `time` on; an office that never had any such setting removed nothing. */
  settings(days: number | null, time: number): void {
    const current = this.#current.get()?.[0] ?? NEVER;
    if (current === (days ?? NEVER)) return;
    this.changed(SETTINGS, current === NEVER ? null : current, days, time);
    this.#setCurrent.run(days ?? NEVER);
  }

  /** These letters have been retrieved; what was before keeps its time. */
  fetched(maildrop: number, ordinals: Iterable<number>, time: number): void {
    this.#fetched.run(time, maildrop, JSON.stringify([...ordinals]));
  }

  forget(maildrop: number): void {
    this.#forget.run(maildrop);
  }
}
