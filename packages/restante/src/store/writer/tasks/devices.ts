import { AccountExists, NoAccount } from '../../../accounts/account.ts';
import type { IndexWrites } from '../../index/sqlite/writes.ts';
import type { OrderOf } from '../orders.ts';
import type { Task } from './task.ts';

/** A change of devices' passwords, in one slice. */
export class DeviceTask implements Task {
  readonly kind = 'device';
  readonly cursor = { done: false, found: false };
  readonly #index: IndexWrites;
  readonly #order: OrderOf<'add-device' | 'revoke-device' | 'note-devices'>;

  constructor(index: IndexWrites, order: OrderOf<'add-device' | 'revoke-device' | 'note-devices'>) {
    this.#index = index;
    this.#order = order;
  }

  get id(): number {
    return this.#order.id;
  }

  get done(): boolean {
    return this.cursor.done;
  }

  get result(): boolean | undefined {
    return this.#order.type === 'revoke-device' ? this.cursor.found : undefined;
  }

  slice(): number {
    const { accounts, devices } = this.#index;
    const order = this.#order;
    this.cursor.done = true;
    switch (order.type) {
      case 'add-device': {
        const { account, label } = order.device;
        if (!accounts.exists(account)) throw new NoAccount(`there is no account ${JSON.stringify(account)}`);
        if (devices.isTaken(account, label)) {
          throw new AccountExists(
            `${account} has a device ${JSON.stringify(label)} already: revoke it, or give another label`,
          );
        }
        devices.add(order.device);
        return 1;
      }
      case 'revoke-device':
        this.cursor.found = devices.revoke(order.account, order.label);
        return 1;
      case 'note-devices':
        for (const use of order.uses) devices.note(use);
        return order.uses.length;
    }
  }
}
