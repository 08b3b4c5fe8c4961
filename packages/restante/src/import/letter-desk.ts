import type { MaybePromise } from '@restante/pop/maildrop';
import type { Account } from '../accounts/account.ts';
import { accountName } from '../accounts/account-name.ts';
import { Failure } from '../failure.ts';
import type { Imports } from '../store/import.ts';
import { type Intake, StoreIntake } from './intake.ts';
import { type Outgoing, type OutgoingSnapshot, SnapshotOutgoing } from './outgoing.ts';

/**
 * Where letters go in and out by the thousand, the same whether the office is open (over its control socket) or closed. An
 * account that is not there rejects with a {@link Failure}.
 */
export interface LetterDesk {
  openIntake(request: { name: string }): Promise<Intake>;
  openOutgoing(request: { name: string }): Promise<Outgoing>;
}

/** What it needs of the store. */
export interface LetterStore extends Imports {
  byName(name: string): MaybePromise<Account | undefined>;
  openMaildrop(name: string): MaybePromise<OutgoingSnapshot>;
}

/** With the store at hand. */
export class StoreLetterDesk implements LetterDesk {
  readonly #store: LetterStore;

  constructor(store: LetterStore) {
    this.#store = store;
  }

  async openIntake({ name }: { name: string }): Promise<Intake> {
    return new StoreIntake(this.#store, await this.#account(name));
  }

  async openOutgoing({ name }: { name: string }): Promise<Outgoing> {
    return new SnapshotOutgoing(await this.#store.openMaildrop(await this.#account(name)));
  }

  async #account(text: string): Promise<string> {
    const name = accountName(text);
    const account = name === undefined ? undefined : await this.#store.byName(name);
    if (account !== undefined) return account.name;
    const shown = /^[\w.+@-]{1,100}$/.test(text) ? text : JSON.stringify(text.slice(0, 100));
    throw new Failure(`there is no account ${shown}: restante account list shows those there are`);
  }
}
