import type { DatabaseSync } from 'node:sqlite';
import { Statement } from './statement.ts';

/** A maildrop's last arrival ordinal and last change number. */
export interface MaildropPosition {
  readonly id: number;
  readonly ordinal: number;
  readonly change: number;
}

/** What a maildrop holds. */
export interface MaildropContents {
  readonly count: number;
  readonly octets: number;
}

/** A maildrop as a session opens it: its state at the change number. */
export interface MaildropRow extends MaildropPosition, MaildropContents {}

export class MaildropReads {
  readonly #byName: Statement<[number, number, number, number, number]>;
  readonly #slice: Statement<[number, number, number]>;
  readonly #kept: Statement<[number]>;
  readonly #keeping: Statement<[number, string, number]>;

  constructor(database: DatabaseSync) {
    this.#byName = new Statement(database, 'SELECT id, ordinal, change, count, octets FROM maildrops WHERE name = ?');
    this.#slice = new Statement(database, 'SELECT id, count, octets FROM maildrops WHERE id > ? ORDER BY id LIMIT ?');
    this.#kept = new Statement(database, 'SELECT kept_octets FROM maildrops WHERE id = ?');
    this.#keeping = new Statement(
      database,
      `SELECT id, name, kept_octets FROM maildrops WHERE id > ? AND kept_octets > 0 AND name IS NOT NULL
       ORDER BY id LIMIT ?`,
    );
  }

  /** One row, whatever the maildrop holds. */
  byName(name: string): MaildropRow | undefined {
    const row = this.#byName.get(name);
    return row && { id: row[0], ordinal: row[1], change: row[2], count: row[3], octets: row[4] };
  }

  /** Id, count and octets of the next maildrops behind `after`. */
  slice(after: number, limit: number): [id: number, count: number, octets: number][] {
    return this.#slice.all(after, limit);
  }

  /** Octets of the letters that have left and can be brought back; undefined when the maildrop is no more. */
  kept(id: number): number | undefined {
    return this.#kept.get(id)?.[0];
  }

  /** The next maildrops behind `after` that keep letters which have left, with the octets of those. */
  keeping(after: number, limit: number): [id: number, name: string, octets: number][] {
    return this.#keeping.all(after, limit);
  }
}

export class MaildropWrites {
  readonly #add: Statement<[]>;
  readonly #byName: Statement<[number]>;
  readonly #contents: Statement<[number, number, number]>;
  readonly #change: Statement<[number]>;
  readonly #position: Statement<[number, number, number]>;
  readonly #arrive: Statement<[number, number, number, number]>;
  readonly #depart: Statement<[string | null, number, number]>;
  readonly #orphan: Statement<[number]>;
  readonly #orphans: Statement<[number]>;
  readonly #remove: Statement<[]>;
  readonly #kept: Statement<[number]>;

  constructor(database: DatabaseSync) {
    this.#add = new Statement(
      database,
      'INSERT INTO maildrops (name, epoch, change, ordinal, count, octets) VALUES (?, ?, 0, 0, 0, 0)',
    );
    this.#byName = new Statement(database, 'SELECT id FROM maildrops WHERE name = ?');
    this.#contents = new Statement(database, 'SELECT id, count, octets FROM maildrops WHERE name = ?');
    this.#change = new Statement(database, 'SELECT change FROM maildrops WHERE id = ?');
    this.#position = new Statement(database, 'SELECT id, ordinal, change FROM maildrops WHERE name = ?');
    this.#arrive = new Statement(
      database,
      `UPDATE maildrops SET change = change + 1, ordinal = ordinal + 1, count = count + 1, octets = octets + ?
       WHERE id = ? RETURNING change, ordinal, count, octets`,
    );
    this.#depart = new Statement(
      database,
      `UPDATE maildrops SET change = ?1, count = count - ?2, octets = octets - ?3, kept_octets = kept_octets + ?3
       WHERE id = ?4 RETURNING name, count, octets`,
    );
    this.#kept = new Statement(database, 'SELECT kept_octets FROM maildrops WHERE id = ?');
    this.#orphan = new Statement(
      database,
      'UPDATE maildrops SET name = NULL, count = 0, octets = 0 WHERE name = ? RETURNING id',
    );
    this.#orphans = new Statement(database, 'SELECT id FROM maildrops WHERE name IS NULL');
    this.#remove = new Statement(database, 'DELETE FROM maildrops WHERE id = ?');
  }

  /** `epoch` is milliseconds since 1970. */
  add(name: string, epoch: number): void {
    this.#add.run(name, epoch);
  }

  idOf(name: string): number | undefined {
    return this.#byName.get(name)?.[0];
  }

  /** What it holds now. */
  contentsOf(name: string): ({ readonly id: number } & MaildropContents) | undefined {
    const row = this.#contents.get(name);
    return row && { id: row[0], count: row[1], octets: row[2] };
  }

  /** The last change number given; undefined when the maildrop is no more. */
  changeOf(id: number): number | undefined {
    return this.#change.get(id)?.[0];
  }

  position(name: string): MaildropPosition | undefined {
    const row = this.#position.get(name);
    return row && { id: row[0], ordinal: row[1], change: row[2] };
  }

  /** Counts a letter in and gives it its change number and ordinal. Answers what the maildrop holds with it. */
  arrive(id: number, octets: number): { change: number; ordinal: number; holds: MaildropContents } {
    const row = this.#arrive.get(octets, id);
    if (!row) throw new Error(`maildrop ${id} is not in the index`);
    return { change: row[0], ordinal: row[1], holds: { count: row[2], octets: row[3] } };
  }

  /** Octets of the letters that have left and can be brought back. */
  keptOctets(id: number): number {
    return this.#kept.get(id)?.[0] ?? 0;
  }

  /**
   * Counts letters out, and among those that can be brought back; `change` is the number of their departure. Answers the
   * maildrop's name and what it holds without them.
   */
  depart(
    id: number,
    change: number,
    letters: number,
    octets: number,
  ): ({ readonly name: string } & MaildropContents) | undefined {
    const row = this.#depart.get(change, letters, octets, id);
    // One that has no name is being emptied.
    return row && row[0] !== null ? { name: row[0], count: row[1], octets: row[2] } : undefined;
  }

  /** Takes the name away: nobody reaches the maildrop any more, and what is in it waits to be destroyed. */
  orphan(name: string): number | undefined {
    return this.#orphan.get(name)?.[0];
  }

  /** Removed maildrops that are not empty yet. */
  orphans(): number[] {
    return this.#orphans.all().map(([id]) => id);
  }

  remove(id: number): void {
    this.#remove.run(id);
  }
}
