import { AccountExists, NoAccount } from '../../../accounts/account.ts';
import { edited } from '../../../accounts/policy.ts';
import { announcedDays, type Retention, retentionOf } from '../../../accounts/retention.ts';
import type { IndexWrites } from '../../index/sqlite/writes.ts';
import { actor, type LedgerKind } from '../../ledger/entry.ts';
import type { OrderOf } from '../orders.ts';
import type { Quotas } from '../quotas.ts';
import type { Task } from './task.ts';

type AccountOrder = OrderOf<
  'add-account' | 'set-password' | 'set-disabled' | 'edit-policy' | 'set-addresses' | 'retention'
>;

/** A change of an account, or of what goes for all of them, in one slice. */
export class AccountTask implements Task {
  readonly kind = 'account';
  readonly result = undefined;
  readonly cursor = { done: false };
  readonly #index: IndexWrites;
  readonly #quotas: Quotas;
  readonly #order: AccountOrder;

  readonly #settings: Retention;

  /** `settings` are those of who has no own policy. */
  constructor(index: IndexWrites, quotas: Quotas, order: AccountOrder, settings: Retention) {
    this.#settings = settings;
    this.#index = index;
    this.#quotas = quotas;
    this.#order = order;
  }

  get id(): number {
    return this.#order.id;
  }

  get done(): boolean {
    return this.cursor.done;
  }

  slice(): number {
    const { accounts, aliases, maildrops } = this.#index;
    const order = this.#order;
    this.cursor.done = true;
    switch (order.type) {
      case 'add-account': {
        const taken = accounts.taken(order.name, order.addresses);
        if (taken !== undefined) throw new AccountExists(`${taken} belongs to an account already`);
        refuseAlias(aliases.taken(order.addresses));
        accounts.add(order.name, order.addresses, order.passwordHash, order.time);
        maildrops.add(order.name, order.time);
        this.#quotas.forget(order.name);
        return 1;
      }
      case 'set-password':
        mustExist(accounts.setPassword(order.name, order.passwordHash), order.name);
        this.#note('password', order);
        return 1;
      case 'set-disabled':
        mustExist(accounts.setDisabled(order.name, order.disabled), order.name);
        this.#note(order.disabled ? 'disabled' : 'enabled', order);
        return 1;
      case 'edit-policy': {
        const policy = accounts.policyOf(order.name);
        if (policy === undefined) throw noAccount(order.name);
        const after = edited(policy, order.edit);
        accounts.setPolicy(order.name, after);
        this.#quotas.forget(order.name);
        const holds = maildrops.contentsOf(order.name);
        this.#note('policy', order);
        if (!holds) return 1;
        this.#quotas.weigh(order.name, holds.id, holds);
        const days = (of: typeof policy) => announcedDays(retentionOf(of, this.#settings));
        this.#index.retention.changed(holds.id, days(policy), days(after), order.time);
        return 1;
      }
      case 'retention':
        this.#index.retention.settings(order.days, order.time);
        return 1;
      case 'set-addresses': {
        mustExist(accounts.exists(order.name), order.name);
        for (const address of order.addresses) {
          const owner = accounts.ownerOf(address);
          if (owner !== undefined && owner !== order.name) throw new AccountExists(`${address} belongs to ${owner}`);
        }
        refuseAlias(aliases.taken(order.addresses));
        accounts.setAddresses(order.name, order.addresses);
        return 1;
      }
    }
  }

  /** The ledger says who may log in since when: whoever asks who emptied a mailbox will want to know. */
  #note(kind: LedgerKind, { name, time }: { readonly name: string; readonly time: number }): void {
    const maildrop = this.#index.maildrops.idOf(name);
    const by = actor({ account: name, address: 'operator' });
    if (maildrop !== undefined) this.#index.ledger.add(maildrop, { kind, by, began: time, ended: time });
  }
}

/** Destroys an account's mail behind it: first the names go, in one step; then what was in the maildrop, in slices. */
export class RemoveTask implements Task {
  readonly kind = 'remove';
  readonly result = undefined;
  readonly id: number | undefined;
  readonly #index: IndexWrites;
  readonly #quotas: Quotas;
  readonly cursor: { name: string | undefined; maildrop: number | undefined; done: boolean };

  /** `left` is a maildrop whose removal a crash had interrupted. */
  constructor(index: IndexWrites, quotas: Quotas, what: OrderOf<'remove-account'> | { readonly left: number }) {
    this.#index = index;
    this.#quotas = quotas;
    this.id = 'id' in what ? what.id : undefined;
    this.cursor = {
      name: 'name' in what ? what.name : undefined,
      maildrop: 'left' in what ? what.left : undefined,
      done: false,
    };
  }

  get done(): boolean {
    return this.cursor.done;
  }

  slice(budget: number): number {
    const { accounts, aliases, devices, maildrops, departed } = this.#index;
    const { cursor } = this;
    if (cursor.name !== undefined) {
      mustExist(accounts.remove(cursor.name), cursor.name);
      aliases.removeAccount(cursor.name);
      devices.removeAllOf(cursor.name);
      cursor.maildrop = maildrops.orphan(cursor.name);
      this.#quotas.forget(cursor.name);
      if (cursor.maildrop !== undefined) this.#quotas.remove(cursor.maildrop);
      cursor.name = undefined;
    }
    let used = 1;
    while (cursor.maildrop !== undefined && used < budget) {
      const departure = departed.first(cursor.maildrop);
      if (departure === undefined) used += this.#forget(cursor.maildrop, budget - used);
      else used += departed.destroy(cursor.maildrop, departure, -1, budget - used).destroyed;
    }
    cursor.done = cursor.maildrop === undefined;
    return used;
  }

  /** What was remembered of its letters goes behind them, and then the maildrop. */
  #forget(maildrop: number, budget: number): number {
    const { departures, givenIds, imports, ledger, maildrops } = this.#index;
    const forgotten =
      imports.forget(maildrop, budget) || givenIds.forget(maildrop, budget) || ledger.forget(maildrop, budget);
    if (forgotten > 0) return forgotten;
    departures.removeAllOf(maildrop);
    this.#index.retention.forget(maildrop);
    maildrops.remove(maildrop);
    this.cursor.maildrop = undefined;
    return 1;
  }
}

function refuseAlias(address: string | undefined): void {
  if (address !== undefined) throw new AccountExists(`${address} is an alias already`);
}

function mustExist(exists: boolean, name: string): void {
  if (!exists) throw noAccount(name);
}

function noAccount(name: string): NoAccount {
  return new NoAccount(`there is no account ${JSON.stringify(name)}`);
}
