import type { DepartureRow } from '../../index/sqlite/departures.ts';
import type { IndexWrites } from '../../index/sqlite/writes.ts';
import type { OrderOf } from '../orders.ts';
import type { Task } from './task.ts';

/** Destroys letters that left long ago and that no open snapshot holds. */
export class PurgeTask implements Task {
  readonly kind = 'purge';
  readonly cursor: { departures: DepartureRow[]; time: number; id: number; lost: number; done: boolean } = {
    departures: [],
    time: Number.MIN_SAFE_INTEGER,
    id: 0,
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
      const { lastDeparture, before } = this.#order;
      const { time, id } = this.cursor;
      this.cursor.departures = this.#index.departures.before(time, id, before, lastDeparture, 100);
      this.cursor.done = this.cursor.departures.length === 0;
    }
    return this.cursor.departures[0];
  }

  #destroy([id, maildrop, change, time]: DepartureRow, budget: number): number {
    const held = heldUpTo(this.#order.snapshots.get(maildrop) ?? [], change);
    const { destroyed, lost, more } = this.#index.departed.destroy(maildrop, change, held, Math.max(budget, 1));
    this.cursor.lost += lost;
    if (!more) {
      // What a snapshot holds keeps its departure, for the next purge.
      if (held < 0) this.#index.departures.remove(id);
      this.cursor.time = time;
      this.cursor.id = id;
      this.cursor.departures.shift();
    }
    return destroyed;
  }
}

/**
 * The last change number up to which arrivals are still seen by a snapshot that was open before the departure `change`;
 * -1 when there is none. Later snapshots do not see the departed letters at all.
 */
function heldUpTo(snapshots: readonly number[], change: number): number {
  let held = -1;
  for (const snapshot of snapshots) if (snapshot < change && snapshot > held) held = snapshot;
  return held;
}
