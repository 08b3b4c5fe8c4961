import type { DatabaseSync } from 'node:sqlite';
import { Statement } from './statement.ts';

export interface SegmentTotals {
  readonly segments: number;
  readonly octets: number;
  readonly dead: number;
}

export class SegmentReads {
  readonly #totals: Statement<[number, number, number]>;

  constructor(database: DatabaseSync) {
    this.#totals = new Statement(
      database,
      'SELECT count(*), coalesce(sum(octets), 0), coalesce(sum(dead), 0) FROM segments',
    );
  }

  totals(): SegmentTotals {
    const [segments, octets, dead] = this.#totals.get() ?? [0, 0, 0];
    return { segments, octets, dead };
  }
}

export class SegmentWrites {
  readonly #put: Statement<[]>;
  readonly #all: Statement<[number, number]>;
  readonly #bury: Statement<[number, number]>;
  readonly #wasteful: Statement<[number]>;
  readonly #damaged: Statement<[]>;
  readonly #remove: Statement<[number]>;

  constructor(database: DatabaseSync) {
    this.#put = new Statement(
      database,
      `INSERT INTO segments (number, octets, dead) VALUES (?, ?, ?)
       ON CONFLICT (number) DO UPDATE SET octets = excluded.octets, dead = dead + excluded.dead`,
    );
    this.#all = new Statement(database, 'SELECT number, octets FROM segments ORDER BY number');
    this.#bury = new Statement(database, 'UPDATE segments SET dead = dead + ? WHERE number = ? RETURNING octets, dead');
    this.#wasteful = new Statement(
      database,
      'SELECT number FROM segments WHERE damaged = 0 AND dead >= octets * ? ORDER BY number',
    );
    this.#damaged = new Statement(database, 'UPDATE segments SET damaged = 1 WHERE number = ?');
    this.#remove = new Statement(database, 'DELETE FROM segments WHERE number = ? RETURNING octets');
  }

  /** The segment now ends at `octets`; `dead` more of them belong to no letter. */
  put(number: number, octets: number, dead: number): void {
    this.#put.run(number, octets, dead);
  }

  all(): [number: number, octets: number][] {
    return this.#all.all();
  }

  /** Counts octets as dead; answers whether none of the segment is alive. */
  bury(number: number, octets: number): boolean {
    const row = this.#bury.get(octets, number);
    return row !== undefined && row[1] >= row[0];
  }

  /** Segments of which at least `share` is dead. */
  wasteful(share: number): number[] {
    return this.#wasteful.all(share).map(([number]) => number);
  }

  markDamaged(number: number): void {
    this.#damaged.run(number);
  }

  /** Answers how many octets it had; undefined when it is gone already. */
  remove(number: number): number | undefined {
    return this.#remove.get(number)?.[0];
  }
}
