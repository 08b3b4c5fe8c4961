import { StoreError } from '@restante/pop/maildrop';
import type { MaildropPosition } from '../../index/sqlite/maildrops.ts';
import type { IndexWrites } from '../../index/sqlite/writes.ts';
import type { OrderOf } from '../orders.ts';
import type { Task } from './task.ts';

/**
 * Enters the unique-ids of a maildrop's letters among those that are given, from where the last such task left off: first
 * of what is there, then of what has left. A letter that leaves between two slices is found among the latter.
 */
export class ListIdsTask implements Task {
  readonly kind = 'list-ids';
  readonly result = undefined;
  readonly cursor: {
    /** The maildrop as it was in the beginning, and the change up to which all had been entered then. */
    from: (MaildropPosition & { readonly listed: number }) | undefined;
    /** Up to where what is there has been entered. */
    ordinal: number;
    /** Up to where what has left has been; undefined as long as the former goes on. */
    left: { readonly departed: number; readonly ordinal: number } | undefined;
    done: boolean;
  } = { from: undefined, ordinal: 0, left: undefined, done: false };
  readonly #index: IndexWrites;
  readonly #order: OrderOf<'list-ids'>;

  constructor(index: IndexWrites, order: OrderOf<'list-ids'>) {
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
    const from = this.#begin();
    const { cursor } = this;
    if (cursor.done) return 1;
    const { givenIds } = this.#index;
    let used = 0;
    if (cursor.left === undefined) {
      const rows = givenIds.present(from.id, cursor.ordinal, budget);
      for (const [ordinal, uniqueId] of rows) {
        givenIds.add(from.id, uniqueId);
        cursor.ordinal = ordinal;
      }
      used += rows.length;
      if (rows.length < budget) cursor.left = { departed: from.listed, ordinal: Number.MAX_SAFE_INTEGER };
    }
    if (cursor.left !== undefined && used < budget) {
      const rows = givenIds.departed(from.id, cursor.left.departed, cursor.left.ordinal, budget - used);
      for (const [departed, ordinal, uniqueId] of rows) {
        givenIds.add(from.id, uniqueId);
        cursor.left = { departed, ordinal };
      }
      if (rows.length < budget - used) {
        givenIds.setListed(from.id, from.ordinal, from.change);
        cursor.done = true;
      }
      used += rows.length;
    }
    return Math.max(used, 1);
  }

  /** The maildrop, as long as it is there: its account may be removed between two slices. */
  #begin(): MaildropPosition & { readonly listed: number } {
    const { cursor } = this;
    const maildrop = this.#index.maildrops.position(this.#order.name);
    if (!maildrop || (cursor.from && cursor.from.id !== maildrop.id)) {
      throw new StoreError('no-maildrop', `there is no maildrop ${JSON.stringify(this.#order.name)}`);
    }
    if (!cursor.from) {
      const { ordinal, change } = this.#index.givenIds.listed(maildrop.id);
      cursor.from = { ...maildrop, listed: change };
      cursor.ordinal = ordinal;
      // Nothing has come since: most letters of an import find it so.
      cursor.done = ordinal === maildrop.ordinal;
    }
    return cursor.from;
  }
}
