import type { DatabaseSync } from 'node:sqlite';
import { Statement } from './statement.ts';

/** How full a maildrop is: the highest level that it has reached, and the one that its owner was written about, in percent. */
export interface QuotaLevel {
  readonly level: number;
  readonly told: number;
}

/** A maildrop whose owner is to be written about a level that it has reached. */
export interface DueWarning {
  readonly account: string;
  /** In percent. */
  readonly level: number;
}

export class QuotaLevelReads {
  readonly #due: Statement<[string, number]>;
  readonly #counts: Statement<[number, number]>;

  constructor(database: DatabaseSync) {
    this.#due = new Statement(
      database,
      `SELECT maildrops.name, level FROM quota_levels JOIN maildrops ON maildrops.id = quota_levels.maildrop
       WHERE told < level AND maildrops.name > ? ORDER BY maildrops.name LIMIT ?`,
    );
    this.#counts = new Statement(database, 'SELECT level, count(*) FROM quota_levels GROUP BY level');
  }

  /** The next of those whose owners have not been written about the level that they have reached, by name. */
  due(after: string, limit: number): DueWarning[] {
    return this.#due.all(after, limit).map(([account, level]) => ({ account, level }));
  }

  /** How many maildrops have reached each level, and no higher one. */
  counts(): ReadonlyMap<number, number> {
    return new Map(this.#counts.all());
  }
}

export class QuotaLevelWrites {
  readonly #all: Statement<[number, number, number]>;
  readonly #put: Statement<[]>;
  readonly #remove: Statement<[]>;

  constructor(database: DatabaseSync) {
    this.#all = new Statement(database, 'SELECT maildrop, level, told FROM quota_levels');
    this.#put = new Statement(
      database,
      `INSERT INTO quota_levels (maildrop, level, told) VALUES (?, ?, ?)
       ON CONFLICT (maildrop) DO UPDATE SET level = excluded.level, told = excluded.told`,
    );
    this.#remove = new Statement(database, 'DELETE FROM quota_levels WHERE maildrop = ?');
  }

  all(): Map<number, QuotaLevel> {
    return new Map(this.#all.all().map(([maildrop, level, told]) => [maildrop, { level, told }]));
  }

  put(maildrop: number, { level, told }: QuotaLevel): void {
    this.#put.run(maildrop, level, told);
  }

  remove(maildrop: number): void {
    this.#remove.run(maildrop);
  }
}
