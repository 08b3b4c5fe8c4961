import type { IndexWrites } from '../../index/sqlite/writes.ts';
import type { OrderOf } from '../orders.ts';
import type { Quotas } from '../quotas.ts';
import type { Task } from './task.ts';

/** Takes letters out of a maildrop. What another session took out already is passed over and counts once. */
export class ExpungeTask implements Task {
  readonly kind = 'expunge';
  readonly result = undefined;
  readonly cursor = { next: 0 };
  readonly #index: IndexWrites;
  readonly #quotas: Quotas;
  readonly #order: OrderOf<'expunge'>;

  constructor(index: IndexWrites, quotas: Quotas, order: OrderOf<'expunge'>) {
    this.#index = index;
    this.#quotas = quotas;
    this.#order = order;
  }

  get id(): number {
    return this.#order.id;
  }

  get done(): boolean {
    return this.cursor.next >= this.#order.ordinals.length;
  }

  slice(budget: number): number {
    const { maildrop, ordinals, time, by } = this.#order;
    const slice = ordinals.subarray(this.cursor.next, this.cursor.next + budget);
    this.cursor.next += slice.length;
    const last = this.#index.maildrops.changeOf(maildrop);
    // The account was removed while the session was open: nothing is left that could stay behind.
    if (last === undefined) return slice.length;
    const change = last + 1;
    const { letters, octets } = this.#index.placements.depart(maildrop, change, slice);
    if (letters > 0) {
      const left = this.#index.maildrops.depart(maildrop, change, letters, octets);
      if (left) this.#quotas.weigh(left.name, maildrop, left);
      this.#index.departures.add({ maildrop, change, time, letters, octets, by });
    }
    return slice.length;
  }
}
