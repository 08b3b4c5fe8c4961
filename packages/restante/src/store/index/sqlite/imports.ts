import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { Statement } from './statement.ts';

/** A letter's key as the index has it: of one length, whatever the key was. Lower hex. */
export function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

export class ImportReads {
  readonly #known: Statement<[string]>;

  constructor(database: DatabaseSync) {
    this.#known = new Statement(
      database,
      'SELECT hex(key) FROM imports WHERE maildrop = ? AND key IN (SELECT unhex(value) FROM json_each(?))',
    );
  }

  /** Which of these keys the maildrop has had: a look-up for each. */
  known(maildrop: number, keys: readonly string[]): Set<string> {
    const keyOf = new Map(keys.map((key) => [digestOf(key), key]));
    const found = this.#known.all(maildrop, JSON.stringify([...keyOf.keys()]));
    return new Set(found.map(([digest]) => keyOf.get(digest.toLowerCase()) ?? ''));
  }
}

export class ImportWrites {
  readonly #find: Statement<[string, number]>;
  readonly #add: Statement<[]>;
  readonly #forget: Statement<[]>;

  constructor(database: DatabaseSync) {
    this.#find = new Statement(database, 'SELECT unique_id, octets FROM imports WHERE maildrop = ? AND key = unhex(?)');
    this.#add = new Statement(
      database,
      'INSERT INTO imports (maildrop, key, unique_id, octets) VALUES (?, unhex(?), ?, ?)',
    );
    this.#forget = new Statement(
      database,
      'DELETE FROM imports WHERE maildrop = ?1 AND key IN (SELECT key FROM imports WHERE maildrop = ?1 LIMIT ?2)',
    );
  }

  /** Where the letter with this digest was put when it was imported. */
  find(maildrop: number, digest: string): { readonly uniqueId: string; readonly octets: number } | undefined {
    const row = this.#find.get(maildrop, digest);
    return row && { uniqueId: row[0], octets: row[1] };
  }

  add(maildrop: number, digest: string, uniqueId: string, octets: number): void {
    this.#add.run(maildrop, digest, uniqueId, octets);
  }

  /** Forgets up to `limit` imports of a maildrop that is no more; answers how many. */
  forget(maildrop: number, limit: number): number {
    return this.#forget.run(maildrop, limit);
  }
}
