import type { MaybePromise } from '@restante/pop/maildrop';
import type { Account } from '../accounts/account.ts';
import type { Alias } from '../accounts/alias.ts';
import type { RoutesIndex } from '../delivery/routes.ts';

/** Accounts and aliases in memory, whose look-ups can be made to fail. */
export class TrialAccounts implements RoutesIndex {
  readonly #accounts: Account[] = [];
  readonly #aliases = new Map<string, Alias>();
  /** Whether every look-up fails. */
  down = false;

  put(name: string, addresses: readonly string[] = [], disabled = false): void {
    this.#accounts.push({ name, addresses, disabled, policy: {}, passwordHash: '', credentialVersion: 1, created: 0 });
  }

  putAlias(address: string, accounts: readonly string[]): void {
    this.#aliases.set(address, { address, accounts });
  }

  byName(name: string): MaybePromise<Account | undefined> {
    return this.#find((account) => account.name === name);
  }

  byAddress(address: string): MaybePromise<Account | undefined> {
    return this.#find(({ addresses }) => addresses.includes(address));
  }

  alias(address: string): MaybePromise<Alias | undefined> {
    this.#mayFail();
    return this.#aliases.get(address);
  }

  servesDomain(domain: string): MaybePromise<boolean> {
    this.#mayFail();
    const addresses = [...this.#accounts.flatMap((account) => account.addresses), ...this.#aliases.keys()];
    return Promise.resolve(addresses.some((address) => address.endsWith(`@${domain}`)));
  }

  first(): MaybePromise<Account | undefined> {
    return this.#find(({ disabled }) => !disabled) ?? this.#find(() => true);
  }

  #find(fits: (account: Account) => boolean): Account | undefined {
    this.#mayFail();
    return this.#accounts.find(fits);
  }

  #mayFail(): void {
    if (this.down) throw new Error('the index cannot be read');
  }
}
