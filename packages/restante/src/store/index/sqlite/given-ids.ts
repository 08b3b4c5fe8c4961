import type { DatabaseSync } from 'node:sqlite';
import { Statement } from './statement.ts';

/**
 * The unique-ids that a maildrop's letters were given by others, for ever: RFC 1939 §7 lets none be given again.
 *
 * Ours are 128 random bits: that one of them is drawn again, or equals what another server made, does not happen. What does
 * happen is that a letter of ours comes back under its old unique-id, in an import of what was exported. Only a given
 * unique-id that has the form of ours can be such a one; before it is placed, those that the maildrop has (present
 * or departed) are entered here, once. `listed_ids` remembers up to which arrival that was done, so that all such imports
 * together look at each placement once, and deliveries pay nothing.
 *
 * What we make meanwhile needs no look: whoever names a unique-id cannot name one that is drawn after he did.
 */
export class GivenIdReads {
  readonly #given: Statement<[string]>;

  constructor(database: DatabaseSync) {
    this.#given = new Statement(
      database,
      'SELECT unique_id FROM given_ids WHERE maildrop = ? AND unique_id IN (SELECT value FROM json_each(?))',
    );
  }

  /** Which of these are entered: a look-up for each. */
  given(maildrop: number, uniqueIds: readonly string[]): Set<string> {
    return new Set(this.#given.all(maildrop, JSON.stringify(uniqueIds)).map(([uniqueId]) => uniqueId));
  }
}

export class GivenIdWrites {
  readonly #find: Statement<[number]>;
  readonly #add: Statement<[]>;
  readonly #listed: Statement<[number, number]>;
  readonly #setListed: Statement<[]>;
  readonly #present: Statement<[number, string]>;
  readonly #departed: Statement<[number, number, string]>;
  readonly #forget: Statement<[]>;
  readonly #forgetListed: Statement<[]>;

  constructor(database: DatabaseSync) {
    this.#find = new Statement(database, 'SELECT 1 FROM given_ids WHERE maildrop = ? AND unique_id = ?');
    this.#add = new Statement(database, 'INSERT OR IGNORE INTO given_ids (maildrop, unique_id) VALUES (?, ?)');
    this.#listed = new Statement(database, 'SELECT ordinal, change FROM listed_ids WHERE maildrop = ?');
    this.#setListed = new Statement(
      database,
      'INSERT OR REPLACE INTO listed_ids (maildrop, ordinal, change) VALUES (?, ?, ?)',
    );
    this.#present = new Statement(
      database,
      `SELECT ordinal, unique_id FROM placements
       WHERE maildrop = ? AND departed = 0 AND ordinal > ? ORDER BY ordinal LIMIT ?`,
    );
    this.#departed = new Statement(
      database,
      `SELECT departed, ordinal, unique_id FROM placements
       WHERE maildrop = ? AND (departed, ordinal) > (?, ?) ORDER BY departed, ordinal LIMIT ?`,
    );
    this.#forget = new Statement(
      database,
      `DELETE FROM given_ids WHERE maildrop = ?1
       AND unique_id IN (SELECT unique_id FROM given_ids WHERE maildrop = ?1 LIMIT ?2)`,
    );
    this.#forgetListed = new Statement(database, 'DELETE FROM listed_ids WHERE maildrop = ?');
  }

  has(maildrop: number, uniqueId: string): boolean {
    return this.#find.get(maildrop, uniqueId) !== undefined;
  }

  /** One that is there already stays. */
  add(maildrop: number, uniqueId: string): void {
    this.#add.run(maildrop, uniqueId);
  }

  /** The arrival ordinal, and the maildrop's change at that time, up to which all of its unique-ids are entered. */
  listed(maildrop: number): { readonly ordinal: number; readonly change: number } {
    const [ordinal, change] = this.#listed.get(maildrop) ?? [0, 0];
    return { ordinal, change };
  }

  setListed(maildrop: number, ordinal: number, change: number): void {
    this.#setListed.run(maildrop, ordinal, change);
  }

  /** The next unique-ids of letters that are there, behind this ordinal. */
  present(maildrop: number, after: number, limit: number): [ordinal: number, uniqueId: string][] {
    return this.#present.all(maildrop, after, limit);
  }

  /** The next unique-ids of letters that have left, behind this place in the order in which they left. */
  departed(
    maildrop: number,
    departed: number,
    ordinal: number,
    limit: number,
  ): [departed: number, ordinal: number, uniqueId: string][] {
    return this.#departed.all(maildrop, departed, ordinal, limit);
  }

  /** Forgets up to `limit` unique-ids of a maildrop that is no more; answers how many. */
  forget(maildrop: number, limit: number): number {
    this.#forgetListed.run(maildrop);
    return this.#forget.run(maildrop, limit);
  }
}
