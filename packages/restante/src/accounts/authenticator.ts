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
  /** Told of each login when it is decided, for those who count: what the peer is not told is in it. */
  readonly onLogin?: (report: LoginReport) => void;
}

/** One login, without whose it was. */
export interface LoginReport {
  readonly outcome: LoginOutcome;
  /** Until it was decided; what holds the answer to a failed login back is not in it. */
  readonly milliseconds: number;
}

/**
 * - `cached`, `verified`: let in, without or with a look at the password's hash
 * - `unknown`: there is no account of that name or address
 * - `not-theirs`: the password is for somebody else's maildrop
 * - `overloaded`: too many passwords waited to be checked
 * - `undecided`: the account could not be looked up, or the password not be checked
 */
export type LoginOutcome =
  | 'cached'
  | 'verified'
  | 'unknown'
  | 'disabled'
  | 'wrong-password'
  | 'not-theirs'
  | 'overloaded'
  | 'undecided';

/** The account, where somebody is let in. */
interface Decision {
  readonly outcome: LoginOutcome;
  readonly account?: string;
}

const UNDECIDED: Decision = { outcome: 'undecided' };

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
    const since = performance.now();
    const decision = this.#decision(login);
    return decision instanceof Promise
      ? decision.then((decided) => this.#answer(decided, since))
      : this.#answer(decision, since);
  }

  #answer({ outcome, account }: Decision, since: number): Verdict {
    this.#options.onLogin?.({ outcome, milliseconds: performance.now() - since });
    if (account !== undefined) return { type: 'accepted', account };
    return { type: outcome === 'overloaded' || outcome === 'undecided' ? 'unavailable' : 'refused' };
  }

  #decision(login: PasswordLogin): MaybePromise<Decision> {
    try {
      const account = this.#options.findAccount(login.authenticationIdentity);
      const decision =
        account instanceof Promise ? account.then((found) => this.#decide(login, found)) : this.#decide(login, account);
      return decision instanceof Promise ? decision.catch((thrown: unknown) => this.#undecided(thrown)) : decision;
    } catch (thrown) {
      return this.#undecided(thrown);
    }
  }

  #undecided(thrown: unknown): Decision {
    this.#options.onFailure?.(thrown);
    return UNDECIDED;
  }

  #decide(login: PasswordLogin, account: Account | undefined): MaybePromise<Decision> {
    if (account === undefined) return this.#refuse(login.password, 'unknown');
    if (account.disabled) return this.#refuse(login.password, 'disabled');
    const { authorizationIdentity: other } = login;
    if (other === undefined || other === login.authenticationIdentity) return this.#admit(login.password, account);
    const owner = this.#options.findAccount(other);
    return owner instanceof Promise
      ? owner.then((found) => this.#admitAs(login.password, account, found))
      : this.#admitAs(login.password, account, owner);
  }

  /** Nobody acts for somebody else; another name of the same account is no one else (PLAIN, RFC 4616 §2). */
  #admitAs(password: Secret, account: Account, owner: Account | undefined): MaybePromise<Decision> {
    return owner?.name === account.name ? this.#admit(password, account) : this.#refuse(password, 'not-theirs');
  }

  #admit(password: Secret, account: Account): MaybePromise<Decision> {
    const mark = this.#options.cache.mark(account, password);
    if (this.#options.cache.knows(account, mark)) return { outcome: 'cached', account: account.name };
    return this.#verify(password, account, mark);
  }

  async #verify(password: Secret, account: Account, mark: string): Promise<Decision> {
    const checked = await this.#options.passwords.check(password, account.passwordHash);
    if (checked === 'overloaded') return { outcome: 'overloaded' };
    if (checked === 'wrong') return { outcome: 'wrong-password' };
    this.#options.cache.learn(account, mark);
    return { outcome: 'verified', account: account.name };
  }

  /** Whatever the password is: it is worked on as if it counted. */
  async #refuse(password: Secret, outcome: LoginOutcome): Promise<Decision> {
    return {
      outcome: (await this.#options.passwords.check(password, undefined)) === 'overloaded' ? 'overloaded' : outcome,
    };
  }
}
