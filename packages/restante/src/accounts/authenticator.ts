import type { MaybePromise } from '@restante/pop/maildrop';
import type { PasswordLogin, Secret, Verdict } from '@restante/pop/sasl';
import type { Account } from './account.ts';
import type { LoginCache } from './login-cache.ts';
import type { PasswordChecks } from './passwords.ts';

/** What decides about logins needs. */
export interface AuthenticatorOptions {
  /** The account that a name or full address belongs to, disabled or not. Throws, or rejects, when it cannot be told now. */
  findAccount(identity: string): MaybePromise<Account | undefined>;
  readonly passwords: PasswordChecks;
  readonly cache: LoginCache;
  /** Told what kept a login from being decided, for the log. */
  readonly onFailure?: (thrown: unknown) => void;
}

const REFUSED: Verdict = { type: 'refused' };
const UNAVAILABLE: Verdict = { type: 'unavailable' };

/**
 * Decides about a name and password. An unknown name, a wrong password, a disabled account and somebody else's
 * maildrop get the same answer after the same work (AUTH-26, RC-02); only what could not be decided is `unavailable`
 * (RC-03).
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** Answers at once, without a promise and without a queue, for a login that is in the cache. */
  authenticate(login: PasswordLogin): MaybePromise<Verdict> {
    try {
      const account = this.#options.findAccount(login.authenticationIdentity);
      const verdict =
        account instanceof Promise ? account.then((found) => this.#decide(login, found)) : this.#decide(login, account);
      return verdict instanceof Promise ? verdict.catch((thrown: unknown) => this.#undecided(thrown)) : verdict;
    } catch (thrown) {
      return this.#undecided(thrown);
    }
  }

  #undecided(thrown: unknown): Verdict {
    this.#options.onFailure?.(thrown);
    return UNAVAILABLE;
  }

  #decide(login: PasswordLogin, account: Account | undefined): MaybePromise<Verdict> {
    if (account === undefined || account.disabled) return this.#verify(login.password, undefined, undefined);
    const { authorizationIdentity: other } = login;
    if (other === undefined || other === login.authenticationIdentity) return this.#admit(login.password, account);
    const owner = this.#options.findAccount(other);
    return owner instanceof Promise
      ? owner.then((found) => this.#admitAs(login.password, account, found))
      : this.#admitAs(login.password, account, owner);
  }

  /** Nobody acts for somebody else; another name of the same account is no one else (PLAIN, RFC 4616 §2). */
  #admitAs(password: Secret, account: Account, owner: Account | undefined): MaybePromise<Verdict> {
    return owner?.name === account.name ? this.#admit(password, account) : this.#verify(password, undefined, undefined);
  }

  #admit(password: Secret, account: Account): MaybePromise<Verdict> {
    const mark = this.#options.cache.mark(account, password);
    if (this.#options.cache.knows(account, mark)) return { type: 'accepted', account: account.name };
    return this.#verify(password, account, mark);
  }

  async #verify(password: Secret, account: Account | undefined, mark: string | undefined): Promise<Verdict> {
    const checked = await this.#options.passwords.check(password, account?.passwordHash);
    if (checked === 'overloaded') return UNAVAILABLE;
    if (checked === 'wrong' || account === undefined || mark === undefined) return REFUSED;
    this.#options.cache.learn(account, mark);
    return { type: 'accepted', account: account.name };
  }
}
