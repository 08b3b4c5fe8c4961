import type { DatabaseSync } from 'node:sqlite';
import { Statement } from './statement.ts';

/** What a snapshot binds a message-number to: ordinal, unique-id, octets, body, dotted, content, where the trace fields are, and when it came. */
export type BoundRow = [
  ordinal: number,
  uniqueId: string,
  octets: number,
  body: number,
  dotted: number,
  content: number,
  traceDistance: number,
  traceOctets: number,
  traceCheck: number,
  time: number,
];

/** The same, for a letter that has left meanwhile. */
export type DepartedRow = [...BoundRow, departed: number];

const bound = 'ordinal, unique_id, octets, body, dotted, content, trace_distance, trace_octets, trace_check, time';

export class PlacementReads {
  readonly #present: Statement<BoundRow>;
  readonly #departed: Statement<DepartedRow>;

  constructor(database: DatabaseSync) {
    this.#present = new Statement(
      database,
      `SELECT ${bound} FROM placements
       WHERE maildrop = ? AND departed = 0 AND ordinal > ? AND ordinal <= ? ORDER BY ordinal LIMIT ?`,
    );
    this.#departed = new Statement(
      database,
      `SELECT ${bound}, departed FROM placements
       WHERE maildrop = ? AND (departed, ordinal) > (?, ?) ORDER BY departed, ordinal LIMIT ?`,
    );
  }

  /** Letters that are there, with ordinals behind `after` up to `last`, in their order. */
  present(maildrop: number, after: number, last: number, limit: number): BoundRow[] {
    return this.#present.all(maildrop, after, last, limit);
  }

  /** Letters that have left, in the order in which they left, behind the given place. */
  departed(maildrop: number, departed: number, ordinal: number, limit: number): DepartedRow[] {
    return this.#departed.all(maildrop, departed, ordinal, limit);
  }
}

/** A letter's place in a maildrop, as it is written. */
export interface NewPlacement {
  readonly maildrop: number;
  readonly ordinal: number;
  readonly arrived: number;
  readonly uniqueId: string;
  readonly octets: number;
  readonly body: number;
  readonly dotted: boolean;
  readonly time: number;
  readonly content: number;
  readonly traceDistance: number;
  readonly traceOctets: number;
  readonly traceCheck: number;
  /** When it came here, if that is not its time of arrival. */
  readonly placed?: number;
}

export class PlacementWrites {
  readonly #add: Statement<[]>;
  readonly #depart: Statement<[]>;
  readonly #sum: Statement<[number, number]>;

  constructor(database: DatabaseSync) {
    this.#add = new Statement(
      database,
      `INSERT INTO placements (maildrop, departed, ordinal, arrived, unique_id, octets, body, dotted, time, content,
       trace_distance, trace_octets, trace_check, placed) VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#depart = new Statement(
      database,
      `UPDATE placements SET departed = ? WHERE maildrop = ? AND departed = 0
       AND ordinal IN (SELECT value FROM json_each(?))`,
    );
    this.#sum = new Statement(
      database,
      'SELECT count(*), coalesce(sum(octets), 0) FROM placements WHERE maildrop = ? AND departed = ?',
    );
  }

  add(it: NewPlacement): void {
    this.#add.run(
      it.maildrop,
      it.ordinal,
      it.arrived,
      it.uniqueId,
      it.octets,
      it.body,
      it.dotted ? 1 : 0,
      it.time,
      it.content,
      it.traceDistance,
      it.traceOctets,
      it.traceCheck,
      it.placed ?? null,
    );
  }

  /** Moves those of the letters that are still there to the departure `change`; answers how many those were and their octets. */
  depart(maildrop: number, change: number, ordinals: Iterable<number>): { letters: number; octets: number } {
    const moved = this.#depart.run(change, maildrop, JSON.stringify([...ordinals]));
    if (moved === 0) return { letters: 0, octets: 0 };
    const [letters, octets] = this.#sum.get(maildrop, change) ?? [0, 0];
    return { letters, octets };
  }
}
