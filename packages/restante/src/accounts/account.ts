import type { MaybePromise } from '@restante/pop/maildrop';
import type { AccountPolicy, PolicyEdit } from './policy.ts';

/** Somebody whose mail is kept here. The name is also the maildrop's. */
export interface Account {
  /** 1 to 64 of a-z, 0-9, `.`, `_`, `-`, `+`, beginning with a letter or digit; kept in lower case. */
  readonly name: string;
  /** Full addresses that reach it, beyond NAME@ each of our domains; in lower case. */
  readonly addresses: readonly string[];
  /** A PHC string (`$argon2id$…`). */
  readonly passwordHash: string;
  /** Grows with every change that makes an earlier verified login void (password, disabled, policy). */
  readonly credentialVersion: number;
  readonly disabled: boolean;
  readonly policy: AccountPolicy;
  /** Milliseconds since 1970. */
  readonly created: number;
}

/** What an account is made with; its policy is the settings'. */
export type NewAccount = Pick<Account, 'name' | 'addresses' | 'passwordHash'>;

/** Where accounts are kept: beside the mail, in the same index. Every change is durable when its promise resolves. */
export interface AccountIndex {
  /** One row, O(1): by name. */
  byName(name: string): MaybePromise<Account | undefined>;
  /** One row, O(1): by one of its own full addresses. */
  byAddress(address: string): MaybePromise<Account | undefined>;
  /** Whether any account or alias has an address in this domain: that makes the domain served. */
  servesDomain(domain: string): MaybePromise<boolean>;
  /** All of them, by name. */
  list(): MaybePromise<readonly Account[]>;
  /** The one that was made first of those that are not disabled; of all, when all of them are. */
  first(): MaybePromise<Account | undefined>;
  /** Makes the account and its empty maildrop. Rejects with AccountExists when the name or an address is taken. */
  add(account: NewAccount): Promise<Account>;
  /** Changes the password hash, raising the credential version. */
  setPassword(name: string, passwordHash: string): Promise<void>;
  setDisabled(name: string, disabled: boolean): Promise<void>;
  /** Changes what is true of this account alone. */
  editPolicy(name: string, edit: PolicyEdit): Promise<void>;
  /** Removes the account and all of its mail, for good. */
  remove(name: string): Promise<void>;
}

/** The name or address asked for belongs to an account already. */
export class AccountExists extends Error {
  override readonly name = 'AccountExists';
}

/** No such account. */
export class NoAccount extends Error {
  override readonly name = 'NoAccount';
}
