import type { IndexWrites } from '../../index/sqlite/writes.ts';
import type { OrderOf } from '../orders.ts';
import { EntryWriting } from './entry.ts';
import type { Task } from './task.ts';

/** Enters in the ledger what a session that has ended had fetched. */
export class RecordTask implements Task {
  readonly kind = 'ledger';
  readonly result = undefined;
  readonly cursor = { done: false, entry: undefined, part: 0 };
  readonly #index: IndexWrites;
  readonly #order: OrderOf<'record'>;
  readonly #entry: EntryWriting;

  constructor(index: IndexWrites, order: OrderOf<'record'>) {
    this.#index = index;
    this.#order = order;
    this.#entry = new EntryWriting(index, order.maildrop, order.entry, this.cursor);
  }

  get id(): number {
    return this.#order.id;
  }

  get done(): boolean {
    return this.cursor.done;
  }

  slice(budget: number): number {
    // The account was removed, and what was written of it with it.
    if (this.#index.maildrops.changeOf(this.#order.maildrop) === undefined) this.#entry.giveUp();
    const used = this.#entry.fetched(budget);
    this.cursor.done = this.#entry.fetchedIn;
    if (this.done) this.#entry.finish();
    return Math.max(used, 1);
  }
}

/** Counts sessions that fetched and removed nothing. */
export class CountPollsTask implements Task {
  readonly kind = 'ledger';
  readonly result = undefined;
  readonly cursor = { next: 0 };
  readonly #index: IndexWrites;
  readonly #order: OrderOf<'count-polls'>;

  constructor(index: IndexWrites, order: OrderOf<'count-polls'>) {
    this.#index = index;
    this.#order = order;
  }

  get id(): number {
    return this.#order.id;
  }

  get done(): boolean {
    return this.cursor.next >= this.#order.polls.length;
  }

  slice(budget: number): number {
    const { ledger, maildrops } = this.#index;
    const slice = this.#order.polls.slice(this.cursor.next, this.cursor.next + budget);
    this.cursor.next += slice.length;
    for (const { maildrop, ...polls } of slice) {
      if (maildrops.changeOf(maildrop) !== undefined) ledger.poll(maildrop, polls);
    }
    return Math.max(slice.length, 1);
  }
}

/** Forgets what the ledger says of the time before. */
export class ForgetLedgerTask implements Task {
  readonly kind = 'ledger';
  readonly result = undefined;
  readonly cursor = { done: false };
  readonly #index: IndexWrites;
  readonly #order: OrderOf<'forget-ledger'>;

  constructor(index: IndexWrites, order: OrderOf<'forget-ledger'>) {
    this.#index = index;
    this.#order = order;
  }

  get id(): number {
    return this.#order.id;
  }

  get done(): boolean {
    return this.cursor.done;
  }

  slice(budget: number): number {
    // Each takes three statements, and may have many parts.
    const rows = Math.max(Math.min(budget, 100), 1);
    const forgotten = this.#index.ledger.forgetBefore(this.#order.before, rows);
    this.cursor.done = forgotten < rows;
    return Math.max(3 * forgotten, 1);
  }
}
