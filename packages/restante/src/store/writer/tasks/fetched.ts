import type { IndexWrites } from '../../index/sqlite/writes.ts';
import type { OrderOf } from '../orders.ts';
import type { Task } from './task.ts';

/** Takes note of when letters were first retrieved. */
export class FetchedTask implements Task {
  readonly kind = 'fetched';
  readonly result = undefined;
  readonly cursor = { next: 0 };
  readonly #index: IndexWrites;
  readonly #order: OrderOf<'fetched'>;

  constructor(index: IndexWrites, order: OrderOf<'fetched'>) {
    this.#index = index;
    this.#order = order;
  }

  get id(): number {
    return this.#order.id;
  }

  get done(): boolean {
    return this.cursor.next >= this.#order.ordinals.length;
  }

  slice(budget: number): number {
    const { maildrop, ordinals, time } = this.#order;
    const slice = ordinals.subarray(this.cursor.next, this.cursor.next + budget);
    this.cursor.next += slice.length;
    this.#index.retention.fetched(maildrop, slice, time);
    return slice.length;
  }
}
