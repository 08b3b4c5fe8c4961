import { AccountExists, NoAccount } from '../../../accounts/account.ts';
import type { Alias } from '../../../accounts/alias.ts';
import type { IndexWrites } from '../../index/sqlite/writes.ts';
import type { OrderOf } from '../orders.ts';
import type { Task } from './task.ts';

/** A change of an alias, in one slice. */
export class AliasTask implements Task {
  readonly kind = 'alias';
  readonly cursor: { done: boolean; removed: Alias | undefined } = { done: false, removed: undefined };
  readonly #index: IndexWrites;
  readonly #order: OrderOf<'put-alias' | 'remove-alias'>;

  constructor(index: IndexWrites, order: OrderOf<'put-alias' | 'remove-alias'>) {
    this.#index = index;
    this.#order = order;
  }

  get id(): number {
    return this.#order.id;
  }

  get done(): boolean {
    return this.cursor.done;
  }

  get result(): Alias | undefined {
    return this.cursor.removed;
  }

  slice(): number {
    this.cursor.done = true;
    const order = this.#order;
    if (order.type === 'put-alias') return this.#put(order.alias);
    const { address } = order;
    const accounts = this.#index.aliases.remove(address);
    if (accounts.length > 0) this.cursor.removed = { address, accounts };
    return 1;
  }

  #put(alias: Alias): number {
    const { accounts, aliases } = this.#index;
    const owner = accounts.ownerOf(alias.address);
    if (owner !== undefined) throw new AccountExists(`${alias.address} is an address of account ${owner} already`);
    const missing = alias.accounts.find((name) => !accounts.exists(name));
    if (missing !== undefined) throw new NoAccount(`there is no account ${JSON.stringify(missing)}`);
    aliases.put(alias);
    return alias.accounts.length;
  }
}
