import type { MaybePromise } from '@restante/pop/maildrop';
import type { Account, AccountIndex } from '../accounts/account.ts';

/** Accounts in memory, whose look-ups can be made to fail. */
export class TrialAccounts implements Pick<AccountIndex, 'byName' | 'byAddress' | 'servesDomain' | 'first'> {
  readonly #accounts: Account[] = [];
  /** Whether every look-up fails. */
  down = false;

  put(name: string, addresses: readonly string[] = [], disabled = false): void {
    this.#accounts.push({ name, addresses, disabled, passwordHash: '', credentialVersion: 1, created: 0 });
  }

  byName(name: string): MaybePromise<Account | undefined> {
    return this.#find((account) => account.name === name);
  }

  byAddress(address: string): MaybePromise<Account | undefined> {
    return this.#find(({ addresses }) => addresses.includes(address));
  }

  async servesDomain(domain: string): Promise<boolean> {
    const found = await this.#find(({ addresses }) => addresses.some((address) => address.endsWith(`@${domain}`)));
    return found !== undefined;
  }

  first(): MaybePromise<Account | undefined> {
    return this.#find(() => true);
  }

  #find(fits: (account: Account) => boolean): Account | undefined {
    if (this.down) throw new Error('the index cannot be read');
    return this.#accounts.find(fits);
  }
}
