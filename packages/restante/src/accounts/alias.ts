import type { MaybePromise } from '@restante/pop/maildrop';

/** An address that leads to one or more accounts without being the own address of any. */
export interface Alias {
  /** A full address in lower case; `@domain` is the domain's catch-all. */
  readonly address: string;
  /** Names of accounts, at least one, none twice, in the order in which they were given. */
  readonly accounts: readonly string[];
}

/** Where aliases are kept: beside the accounts. Every change is durable when its promise resolves. */
export interface AliasIndex {
  /** One look-up, O(1). */
  alias(address: string): MaybePromise<Alias | undefined>;
  /** All of them, by domain and then by address. */
  aliases(): MaybePromise<readonly Alias[]>;
  /** Makes or replaces it. Rejects with AccountExists when an account has the address as its own, with NoAccount for an unknown name. */
  putAlias(alias: Alias): Promise<void>;
  /** Removes it; answers what it was. */
  removeAlias(address: string): Promise<Alias | undefined>;
  /**
   * Replaces an account's own addresses. Rejects with NoAccount, and with AccountExists when one of them is another
   * account's or an alias.
   */
  setAddresses(name: string, addresses: readonly string[]): Promise<void>;
}
