import type { MaybePromise } from '@restante/pop/maildrop';
import type { PasswordLogin, Secret, Verdict } from '@restante/pop/sasl';
import { type Clock, type Peer, systemClock } from '@restante/pop/server';
import type { Account } from './account.ts';
import type { Concluded, GuessGate } from './guessing.ts';
import type { LoginCache } from './login-cache.ts';
import { mayLogIn } from './may-log-in.ts';
import type { PasswordChecks } from './passwords.ts';

/** What decides about logins needs. */
export interface AuthenticatorOptions {
  /** The account that a name or full address belongs to, disabled or not. Throws, or rejects, when it cannot be told now. */
  findAccount(identity: string): MaybePromise<Account | undefined>;
  readonly passwords: PasswordChecks;
  readonly cache: LoginCache;
  /** What wrong passwords cost. */
  readonly guessing: GuessGate;
  /** The one way to write all spellings of a name or address, whether it is anybody's or not. */
  nameOf(identity: string): string;
  /** Whether guesses of this peer cost nothing. */
  isExempt(peer: Peer): boolean;
  readonly devices?: DevicePasswords;
  readonly clock?: Clock;
  /** Told what kept a login from being decided, for the log. */
  readonly onFailure?: (thrown: unknown) => void;
  /** Told of each login when it is decided, for those who count: what the peer is not told is in it. */
  readonly onLogin?: (report: LoginReport) => void;
}

/** The passwords of single devices. */
export interface DevicePasswords {
  /** Whether it has the form of one: then it is nothing else. */
  isOne(password: Secret): boolean;
  /** The device of this account whose password it is, if there is one and its time is not over. */
  deviceOf(account: string, password: Secret): string | undefined;
}

/** One login. No octet of what the peer said is in it. */
export interface LoginReport {
  readonly outcome: LoginOutcome;
  /** Until it was decided; what held it back is not in it. */
  readonly milliseconds: number;
  readonly address: string;
  /** The account that was meant, where there is one. */
  readonly account?: string;
}

/**
 * - `cached`, `verified`: let in, without or with a look at the password's hash
 * - `device`: let in with a device's password
 * - `unknown`: there is no account of that name or address
 * - `not-theirs`: the password is for somebody else's maildrop
 * - `not-allowed`: the account's policy lets nobody in this way
 * - `repeated`: the same password from the same place was wrong before
 * - `held-off`: there were too many wrong passwords to look at this one
 * - `overloaded`: too many passwords waited to be checked
 * - `undecided`: the account could not be looked up, or the password not be checked
 */
export type LoginOutcome =
  | 'cached'
  | 'verified'
  | 'device'
  | 'unknown'
  | 'disabled'
  | 'wrong-password'
  | 'not-theirs'
  | 'not-allowed'
  | 'repeated'
  | 'held-off'
  | 'overloaded'
  | 'undecided';

interface Decision {
  readonly outcome: LoginOutcome;
  /** The account that was meant. */
  readonly account?: string;
  readonly device?: string;
}

/** A login that is being decided. */
interface Call {
  readonly login: PasswordLogin;
  readonly peer: Peer;
  /** When what is measured began. */
  since: number;
  /** Whether it goes before strangers. */
  known: boolean;
}

const LET_IN: readonly LoginOutcome[] = ['cached', 'verified', 'device'];
const NOT_LOOKED_AT: readonly LoginOutcome[] = ['held-off', 'overloaded', 'undecided'];

/**
 * Decides about a name and password. An unknown name, a wrong password, a disabled account, somebody else's
 * maildrop and a policy that forbids it get the same answer after the same work and the same delays (AUTH-26, RC-02); only what
 * was not looked at is `unavailable` (RC-03): so no client takes its saved password for a wrong one since others guess.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** Answers at once, without a promise and without a queue, for a login that is in the cache and is not delayed. */
  authenticate(login: PasswordLogin, peer: Peer): MaybePromise<Verdict> {
    const call: Call = { login, peer, since: performance.now(), known: false };
    const decision = this.#decision(call);
    return decision instanceof Promise
      ? decision.then((decided) => this.#answer(call, decided))
      : this.#answer(call, decision);
  }

  #answer({ peer, since }: Call, { outcome, account, device }: Decision): Verdict {
    this.#options.onLogin?.({
      outcome,
      milliseconds: performance.now() - since,
      address: peer.address,
      ...(account !== undefined && { account }),
    });
    if (NOT_LOOKED_AT.includes(outcome)) return { type: 'unavailable' };
    if (account === undefined || !LET_IN.includes(outcome)) return { type: 'refused' };
    return { type: 'accepted', account, ...(device !== undefined && { device }) };
  }

  #decision(call: Call): MaybePromise<Decision> {
    return this.#found(call, (account) => this.#arrive(call, account));
  }

  /** Looks the account up and goes on with it. What is thrown on the way is `undecided`. */
  #found({ login }: Call, then: (account: Account | undefined) => MaybePromise<Decision>): MaybePromise<Decision> {
    return this.#decided(() => {
      const account = this.#options.findAccount(login.authenticationIdentity);
      return account instanceof Promise ? account.then(then) : then(account);
    });
  }

  #decided(decide: () => MaybePromise<Decision>): MaybePromise<Decision> {
    try {
      const decision = decide();
      return decision instanceof Promise ? decision.catch((thrown: unknown) => this.#undecided(thrown)) : decision;
    } catch (thrown) {
      return this.#undecided(thrown);
    }
  }

  #undecided(thrown: unknown): Decision {
    this.#options.onFailure?.(thrown);
    return { outcome: 'undecided' };
  }

  /**
   * A device's password is past guessing: where it is right nothing holds it up, and nobody learns by that. For all else the
   * account is looked up anew after a delay.
   */
  #arrive(call: Call, account: Account | undefined): MaybePromise<Decision> {
    const { login, peer } = call;
    const { devices, guessing, clock = systemClock } = this.#options;
    if (account !== undefined && devices?.isOne(login.password) === true && this.#isOwn(login, account, peer)) {
      const device = devices.deviceOf(account.name, login.password);
      if (device !== undefined) return { outcome: 'device', account: account.name, device };
    }
    if (this.#options.isExempt(peer)) {
      call.known = true;
      return this.#look(call, account);
    }
    const admission = guessing.enter({
      name: this.#options.nameOf(login.authenticationIdentity),
      address: peer.address,
      password: login.password,
      circumstances: circumstances(call, account),
    });
    switch (admission.type) {
      case 'known-wrong':
        return meant(account, 'repeated');
      case 'held-off':
        return meant(account, 'held-off');
      case 'go': {
        const { delay, ticket } = admission;
        call.known = admission.known;
        const conclude = (decision: Decision): Decision => {
          guessing.leave(ticket, concluded(decision.outcome));
          return decision;
        };
        if (delay === 0) {
          const decision = this.#decided(() => this.#look(call, account));
          return decision instanceof Promise ? decision.then(conclude) : conclude(decision);
        }
        return new Promise<void>((resolve) => clock.set(resolve, delay))
          .then(() => {
            call.since = performance.now();
            return this.#found(call, (found) => this.#look(call, found));
          })
          .then(conclude);
      }
    }
  }

  /** Whether this account's own device may log in to it now, over this connection. */
  #isOwn(
    { authenticationIdentity, authorizationIdentity = authenticationIdentity }: PasswordLogin,
    account: Account,
    peer: Peer,
  ): boolean {
    return authorizationIdentity === authenticationIdentity && !account.disabled && mayLogIn(account.policy, peer);
  }

  #look(call: Call, account: Account | undefined): MaybePromise<Decision> {
    const { login, peer } = call;
    // Nobody's main password has this form, so there is nothing to work on.
    if (this.#options.devices?.isOne(login.password) === true) return meant(account, 'wrong-password');
    if (account === undefined) return this.#refuse(call, undefined, 'unknown');
    if (account.disabled) return this.#refuse(call, account, 'disabled');
    if (account.policy.requireDevice === true || !mayLogIn(account.policy, peer)) {
      return this.#refuse(call, account, 'not-allowed');
    }
    const { authorizationIdentity: other } = login;
    if (other === undefined || other === login.authenticationIdentity) return this.#admit(call, account);
    const owner = this.#options.findAccount(other);
    return owner instanceof Promise
      ? owner.then((found) => this.#admitAs(call, account, found))
      : this.#admitAs(call, account, owner);
  }

  /** Nobody acts for somebody else; another name of the same account is no one else (PLAIN, RFC 4616 §2). */
  #admitAs(call: Call, account: Account, owner: Account | undefined): MaybePromise<Decision> {
    return owner?.name === account.name ? this.#admit(call, account) : this.#refuse(call, account, 'not-theirs');
  }

  #admit(call: Call, account: Account): MaybePromise<Decision> {
    const mark = this.#options.cache.mark(account, call.login.password);
    if (this.#options.cache.knows(account, mark)) return meant(account, 'cached');
    return this.#verify(call, account, mark);
  }

  async #verify({ login, known }: Call, account: Account, mark: string): Promise<Decision> {
    const checked = await this.#options.passwords.check(login.password, account.passwordHash, known);
    if (checked === 'overloaded') return meant(account, 'overloaded');
    if (checked === 'wrong') return meant(account, 'wrong-password');
    this.#options.cache.learn(account, mark);
    return meant(account, 'verified');
  }

  /** Whatever the password is: it is worked on as if it counted. */
  async #refuse({ login, known }: Call, account: Account | undefined, outcome: LoginOutcome): Promise<Decision> {
    const checked = await this.#options.passwords.check(login.password, undefined, known);
    return meant(account, checked === 'overloaded' ? 'overloaded' : outcome);
  }
}

function meant(account: Account | undefined, outcome: LoginOutcome): Decision {
  return account === undefined ? { outcome } : { outcome, account: account.name };
}

function concluded(outcome: LoginOutcome): Concluded {
  if (LET_IN.includes(outcome)) return 'good';
  return NOT_LOOKED_AT.includes(outcome) ? 'neither' : 'wrong';
}

/** What, beside name and password, decides: when it changes, a password that was wrong may be right. */
function circumstances({ login, peer }: Call, account: Account | undefined): string {
  const tls = peer.tls === undefined ? 'clear' : 'tls';
  return `${account?.credentialVersion ?? 0} ${tls} ${peer.address} ${login.authorizationIdentity ?? ''}`;
}
