import type { IndexWrites } from '../../index/sqlite/writes.ts';
import { actor } from '../../ledger/entry.ts';
import type { OrderOf } from '../orders.ts';
import type { Quotas } from '../quotas.ts';
import { EntryWriting } from './entry.ts';
import type { Task } from './task.ts';

/**
 * Takes letters out of a maildrop, and enters in the ledger which ones, in the same transaction. What another session took
 * out already is passed over and counts once.
 */
export class ExpungeTask implements Task {
  readonly kind = 'expunge';
  readonly result = undefined;
  readonly cursor = { next: 0, entry: undefined, part: 0 };
  readonly #index: IndexWrites;
  readonly #quotas: Quotas;
  readonly #order: OrderOf<'expunge'>;
  readonly #entry: EntryWriting;

  constructor(index: IndexWrites, quotas: Quotas, order: OrderOf<'expunge'>) {
    this.#index = index;
    this.#quotas = quotas;
    this.#order = order;
    const { maildrop, time, by } = order;
    const plain = {
      kind: 'session',
      by: actor(by),
      began: time,
      ended: time,
      end: 'quit',
      parts: [],
      again: false,
    } as const;
    this.#entry = new EntryWriting(index, maildrop, order.entry ?? plain, this.cursor);
  }

  get id(): number {
    return this.#order.id;
  }

  get done(): boolean {
    return this.cursor.next >= this.#order.ordinals.length && this.#entry.fetchedIn;
  }

  slice(budget: number): number {
    const { maildrop, ordinals } = this.#order;
    const last = this.#index.maildrops.changeOf(maildrop);
    // The account was removed while the session was open: nothing is left that could stay behind.
    if (last === undefined) return this.#giveUp();
    let used = this.#entry.fetched(budget);
    if (this.#entry.fetchedIn && used < budget) {
      const slice = ordinals.subarray(this.cursor.next, this.cursor.next + budget - used);
      this.cursor.next += slice.length;
      if (slice.length > 0) this.#depart(last + 1, slice);
      used += slice.length;
    }
    if (this.done) this.#entry.finish();
    return used;
  }

  #depart(change: number, slice: Float64Array): void {
    const { maildrop, time, by } = this.#order;
    const { letters, octets } = this.#index.placements.depart(maildrop, change, slice);
    if (letters === 0) return;
    const left = this.#index.maildrops.depart(maildrop, change, letters, octets);
    if (left) this.#quotas.weigh(left.name, maildrop, left);
    this.#index.departures.add({ maildrop, change, time, letters, octets, by });
    this.#entry.add(this.#index.ledger.left(maildrop, change));
  }

  #giveUp(): number {
    this.cursor.next = this.#order.ordinals.length;
    this.#entry.giveUp();
    return 1;
  }
}
