import type { DepartureRow } from '../../index/sqlite/departures.ts';
import type { IndexWrites } from '../../index/sqlite/writes.ts';
import { actor } from '../../ledger/entry.ts';
import type { OrderOf } from '../orders.ts';
import type { Task } from './task.ts';

const NOBODY = actor({});

/** Destroys letters that left long ago, or more than may be kept of one maildrop, and that no open snapshot holds. */
export class PurgeTask implements Task {
  readonly kind = 'purge';
  readonly cursor = {
    departures: [] as DepartureRow[],
    time: Number.MIN_SAFE_INTEGER,
    id: 0,
    change: 0,
    lost: 0,
    done: false,
  };
  readonly #index: IndexWrites;
  readonly #order: OrderOf<'purge'>;

  constructor(index: IndexWrites, order: OrderOf<'purge'>) {
    this.#index = index;
    this.#order = order;
  }

  get id(): number {
    return this.#order.id;
  }

  get done(): boolean {
    return this.cursor.done;
  }

  /** Letters that are gone for good; one that came back by an undelete is not. */
  get result(): number {
    return this.cursor.lost;
  }

  slice(budget: number): number {
    let used = 0;
    while (used < budget) {
      const departure = this.#departure();
      if (!departure) break;
      used += 1 + this.#destroy(departure, budget - used);
    }
    return Math.max(used, 1);
  }

  #departure(): DepartureRow | undefined {
    if (this.cursor.departures.length === 0) {
      const { lastDeparture, before, of } = this.#order;
      const { time, id, change } = this.cursor;
      const { departures } = this.#index;
      this.cursor.departures = of
        ? departures.of(of.maildrop, change, before, lastDeparture, 100)
        : departures.before(time, id, before, lastDeparture, 100);
      this.cursor.done = this.cursor.departures.length === 0;
    }
    if (this.#excess <= 0) this.cursor.done = true;
    return this.cursor.done ? undefined : this.cursor.departures[0];
  }

  /** Octets that are kept beyond what may be. */
  get #excess(): number {
    const { of } = this.#order;
    if (of?.keep === undefined) return Number.POSITIVE_INFINITY;
    return this.#index.maildrops.keptOctets(of.maildrop) - of.keep;
  }

  /** The ledger says which departure it was, and so which letters: they stand where their removal does. */
  #enter(maildrop: number, change: number, destroyed: number): void {
    const { time } = this.#order;
    // The account is removed, and this with it.
    if (this.#index.maildrops.changeOf(maildrop) === undefined) return;
    this.#index.ledger.add(maildrop, { kind: 'purge', by: NOBODY, began: time, ended: time, destroyed, change });
  }

  #destroy([id, maildrop, change, time]: DepartureRow, budget: number): number {
    const held = heldUpTo(this.#order.snapshots.get(maildrop) ?? [], change);
    const octets = this.#order.of?.keep === undefined ? undefined : this.#excess;
    const limit = Math.max(budget, 1);
    const { destroyed, lost, more } = this.#index.departed.destroy(maildrop, change, held, limit, octets);
    this.cursor.lost += lost;
    if (lost > 0) this.#enter(maildrop, change, lost);
    if (!more) {
      // What a snapshot holds keeps its departure, for the next purge.
      if (held < 0) this.#index.departures.remove(id);
      this.cursor.time = time;
      this.cursor.id = id;
      this.cursor.change = change;
      this.cursor.departures.shift();
    }
    return destroyed;
  }
}

/**
 * The last change number up to which arrivals are still seen by a snapshot that was open before the departure `change`;
 * -1 when there is none. Later snapshots do not see the departed letters at all.
 */
export function heldUpTo(snapshots: readonly number[], change: number): number {
  let held = -1;
  for (const snapshot of snapshots) if (snapshot < change && snapshot > held) held = snapshot;
  return held;
}
