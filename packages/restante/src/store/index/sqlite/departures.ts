import type { DatabaseSync } from 'node:sqlite';
import type { Actor } from '@restante/pop/maildrop';
import { Statement } from './statement.ts';

/** The view that is the maildrop itself. */
const MAILDROP_VIEW = 0;

export interface NewDeparture {
  readonly maildrop: number;
  readonly change: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly letters: number;
  readonly octets: number;
  readonly by: Actor;
}

export type DepartureRow = [id: number, maildrop: number, change: number, time: number];

const BEFORE = `SELECT id, maildrop, change, time FROM departures
  WHERE (time, id) > (?, ?) AND time < ? AND id <= ? AND view = ${MAILDROP_VIEW} ORDER BY time, id LIMIT ?`;
const OF = `SELECT id, maildrop, change, time FROM departures
  WHERE view = ${MAILDROP_VIEW} AND maildrop = ? AND change > ? AND time < ? AND id <= ? ORDER BY change LIMIT ?`;

export class DepartureReads {
  readonly #last: Statement<[number | null]>;

  readonly #oldest: Statement<[number]>;
  readonly #before: Statement<DepartureRow>;
  readonly #of: Statement<DepartureRow>;

  constructor(database: DatabaseSync) {
    this.#before = new Statement(database, BEFORE);
    this.#of = new Statement(database, OF);
    this.#oldest = new Statement(database, 'SELECT time FROM departures ORDER BY time LIMIT 1');
    this.#last = new Statement(database, 'SELECT max(id) FROM departures');
  }

  /** When the oldest departure that is remembered happened. */
  oldest(): number | undefined {
    return this.#oldest.get()?.[0];
  }

  /** The id of the last departure that was committed; 0 when there is none. */
  last(): number {
    return this.#last.get()?.[0] ?? 0;
  }

  /** As {@link DepartureWrites.before} and {@link DepartureWrites.of}, for who only looks. */
  before(afterTime: number, afterId: number, time: number, last: number, limit: number): DepartureRow[] {
    return this.#before.all(afterTime, afterId, time, last, limit);
  }

  of(maildrop: number, after: number, time: number, last: number, limit: number): DepartureRow[] {
    return this.#of.all(maildrop, after, time, last, limit);
  }
}

export class DepartureWrites {
  readonly #add: Statement<[]>;
  readonly #before: Statement<DepartureRow>;
  readonly #of: Statement<DepartureRow>;
  readonly #remove: Statement<[]>;
  readonly #removeAll: Statement<[]>;
  #lastId: number;

  constructor(database: DatabaseSync) {
    this.#add = new Statement(
      database,
      `INSERT INTO departures (id, view, maildrop, change, time, letters, octets, account, session, address)
       VALUES (?, ${MAILDROP_VIEW}, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#before = new Statement(database, BEFORE);
    this.#of = new Statement(database, OF);
    this.#remove = new Statement(database, 'DELETE FROM departures WHERE id = ?');
    this.#removeAll = new Statement(database, 'DELETE FROM departures WHERE view = ? AND maildrop = ?');
    this.#lastId = new DepartureReads(database).last();
  }

  /** Ids grow for as long as the process lives, so that "departed before this one" can be asked. */
  add(it: NewDeparture): void {
    this.#lastId += 1;
    const { account, session, address } = it.by;
    this.#add.run(this.#lastId, it.maildrop, it.change, it.time, it.letters, it.octets, account, session, address);
  }

  /** The next departures behind the given place that happened before `time`, the oldest first, none beyond id `last`. */
  before(afterTime: number, afterId: number, time: number, last: number, limit: number): DepartureRow[] {
    return this.#before.all(afterTime, afterId, time, last, limit);
  }

  /** The same of one maildrop, behind the departure `after`, in the order in which they happened. */
  of(maildrop: number, after: number, time: number, last: number, limit: number): DepartureRow[] {
    return this.#of.all(maildrop, after, time, last, limit);
  }

  remove(id: number): void {
    this.#remove.run(id);
  }

  removeAllOf(maildrop: number): void {
    this.#removeAll.run(MAILDROP_VIEW, maildrop);
  }
}
