import type { MaybePromise } from '@restante/pop/maildrop';
import type { Account, AccountIndex } from '../accounts/account.ts';
import type { Path } from './path.ts';

/**
 * Where an address leads:
 *
 * - `maildrops`: to these, one at least and none twice; whoever is named there gets the letter when all of them do
 * - `unknown-user`: the domain is served, nobody of that name lives there
 * - `not-served`: mail for that domain is not taken, since nothing is relayed (SM-09)
 * - `disabled`: to an account that takes no mail now
 * - `unavailable`: it cannot be told now; never said of an address that does not exist (SM-11)
 */
export type Route =
  | { readonly type: 'maildrops'; readonly maildrops: readonly string[] }
  | { readonly type: 'unknown-user' | 'not-served' | 'disabled' }
  /** `reason` is for the operator's log. */
  | { readonly type: 'unavailable'; readonly reason: string };

/** From address to maildrop. Never throws nor rejects. */
export interface Routes {
  resolve(path: Path): MaybePromise<Route>;
}

export interface AccountRoutesOptions {
  readonly accounts: Pick<AccountIndex, 'byName' | 'byAddress' | 'servesDomain' | 'first'>;
  /** Domains in which every account's name is an address, in ASCII and lower case. */
  readonly domains: readonly string[];
  /** The account that gets postmaster's mail; else one of the name `postmaster`, else the first account. */
  readonly postmaster?: string;
}

/** The form of an account's name (`Account.name`): what does not have it is not looked up. */
const NAME = /^[a-z0-9][a-z0-9._+-]{0,63}$/;

/**
 * Routes by the accounts: each account's own addresses, which come first, bare NAME, and NAME at each of `domains`.
 *
 * A domain in which only some account has an address is served too, but belongs to those who have addresses in it (and
 * to postmaster, SM-08): `info@there.example` must not reach an account `info` that was made for another domain. Local-parts
 * are matched without regard to case: our local policy (SM-10, RFC 5321 §2.4 leaves it to the final host).
 */
export class AccountRoutes implements Routes {
  readonly #accounts: AccountRoutesOptions['accounts'];
  readonly #domains: ReadonlySet<string>;
  readonly #postmaster: string | undefined;

  constructor(options: AccountRoutesOptions) {
    this.#accounts = options.accounts;
    this.#domains = new Set(options.domains);
    this.#postmaster = options.postmaster?.toLowerCase();
  }

  resolve(path: Path): MaybePromise<Route> {
    try {
      const route = this.#resolve(path.local.toLowerCase(), path.domain.toLowerCase());
      return route instanceof Promise ? route.catch(unavailable) : route;
    } catch (thrown) {
      return unavailable(thrown);
    }
  }

  #resolve(local: string, domain: string): MaybePromise<Route> {
    if (domain === '') return this.#byLocalPart(local);
    return andThen(this.#accounts.byAddress(`${local}@${domain}`), (account) => {
      if (account !== undefined) return routeTo(account);
      if (this.#domains.has(domain)) return this.#byLocalPart(local);
      return andThen(this.#accounts.servesDomain(domain), (served) => {
        if (!served) return { type: 'not-served' };
        return local === 'postmaster' ? this.#byLocalPart(local) : { type: 'unknown-user' };
      });
    });
  }

  #byLocalPart(local: string): MaybePromise<Route> {
    if (local === 'postmaster' && this.#postmaster !== undefined) {
      const name = this.#postmaster;
      return andThen(this.#accounts.byName(name), (account) =>
        // A wrong setting of ours must not bounce a letter to the one who could mend it.
        account === undefined ? unavailable(`the postmaster's account "${name}" does not exist`) : routeTo(account),
      );
    }
    if (!NAME.test(local)) return { type: 'unknown-user' };
    return andThen(this.#accounts.byName(local), (account) => {
      if (account !== undefined) return routeTo(account);
      return local === 'postmaster' ? this.#firstAccount() : { type: 'unknown-user' };
    });
  }

  /** SM-08: there is always somebody who reads postmaster's mail. */
  #firstAccount(): MaybePromise<Route> {
    return andThen(this.#accounts.first(), (account) =>
      account === undefined ? unavailable('there is no account yet to take mail for postmaster') : routeTo(account),
    );
  }
}

function routeTo(account: Account): Route {
  return account.disabled ? { type: 'disabled' } : { type: 'maildrops', maildrops: [account.name] };
}

function unavailable(thrown: unknown): Route {
  return { type: 'unavailable', reason: thrown instanceof Error ? thrown.message : String(thrown) };
}

/** Goes on at once with a value that is at hand. */
function andThen<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
