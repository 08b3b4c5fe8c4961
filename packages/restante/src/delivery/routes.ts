import { setImmediate } from 'node:timers/promises';
import type { MaybePromise } from '@restante/pop/maildrop';
import type { Account, AccountIndex } from '../accounts/account.ts';
import { accountName } from '../accounts/account-name.ts';
import type { AliasIndex } from '../accounts/alias.ts';
import { domainKey } from './address.ts';
import type { Path } from './path.ts';

/**
 * Where an address leads:
 *
 * - `maildrops`: to these, one at least and none twice; whoever is named there gets the letter when all of them do
 * - `unknown-user`: the domain is served, nobody of that name lives there
 * - `not-served`: mail for that domain is not taken, since nothing is relayed (SM-09)
 * - `disabled`: to accounts none of which takes mail now
 * - `unavailable`: it cannot be told now; never said of an address that does not exist (SM-11). Postmaster's mail waits so,
 *   too, where it would be for a disabled account (SM-08)
 */
export type Route =
  | {
      readonly type: 'maildrops';
      readonly maildrops: readonly string[];
      /** Which rule it is by, where there are rules. */
      readonly because?: Pick<Tried, 'rule'>;
    }
  | { readonly type: 'unknown-user' | 'not-served' | 'disabled' }
  /** `reason` is for the operator's log. */
  | { readonly type: 'unavailable'; readonly reason: string };

/** From address to maildrop. Never throws nor rejects. */
export interface Routes {
  resolve(path: Path): MaybePromise<Route>;
}

/**
 * What may lead an address to accounts:
 *
 * - `address`: it is an account's own
 * - `alias`: it is an alias
 * - `name`: an account has that name, and the domain is one of ours, or there is none
 * - `postmaster`: the account that the setting names; where neither that nor any other rule finds one, the first account that is not disabled
 * - `catch-all`: the domain's catch-all
 */
export type Rule = 'address' | 'alias' | 'name' | 'postmaster' | 'catch-all';

/** A rule that was tried. */
export interface Tried {
  readonly rule: Rule;
  /** The address or name that was looked for; empty for the first account. */
  readonly key: string;
  /** The tag that had been left out for that; absent when there was none. */
  readonly tag?: string;
  /** Whom it leads to, disabled ones too; none when the rule does not apply. */
  readonly accounts: readonly { readonly name: string; readonly disabled: boolean }[];
}

/** What was looked at on an address's way: whether its domain is served, by `domains` or by addresses in it, then rules. */
export type Step = { readonly domain: string; readonly servedBy: 'domains' | 'addresses' | 'nothing' } | Tried;

/** A route that says which rule it is by. */
export type AccountRoute =
  | { readonly type: 'maildrops'; readonly maildrops: readonly string[]; readonly because: Tried }
  | { readonly type: 'disabled'; readonly because: Tried }
  | { readonly type: 'unknown-user' | 'not-served' }
  /** `because`: nothing failed, but all whom that rule leads to are disabled. */
  | { readonly type: 'unavailable'; readonly reason: string; readonly because?: Tried };

/** What the index has to tell. */
export type RoutesIndex = Pick<AccountIndex, 'byName' | 'byAddress' | 'servesDomain' | 'first'> &
  Pick<AliasIndex, 'alias'>;

export interface AccountRoutesOptions {
  readonly accounts: RoutesIndex;
  /** Domains in which every account's name is an address, in ASCII and lower case. */
  readonly domains: readonly string[];
  /** The account that gets postmaster's mail; else one of the name `postmaster`, else the first account. */
  readonly postmaster?: string;
  /** What stands between an address and a tag; absent: there are no tags. */
  readonly separator?: string;
}

/** A local-part has a tag behind one of so many separators at most: what is longer than that costs no more to look up. */
const SEPARATORS = 16;

/** Accounts behind one alias that are looked up in one go: a long one keeps nobody else waiting. */
const SLICE = 50;

/**
 * Routes by accounts and aliases. The exact address comes first (an account's own, an alias, an account's name), then the
 * same without its tag, the longest first, since names may hold the separator too; the domain's catch-all comes last.
 *
 * A domain in which only some account or alias has an address is served too, but belongs to those who have addresses in
 * it (and to postmaster, SM-08): `info@there.example` must not reach an account `info` that was made for another domain.
 */
export class AccountRoutes implements Routes {
  readonly #accounts: RoutesIndex;
  readonly #domains: ReadonlySet<string>;
  readonly #postmaster: string | undefined;
  readonly #separator: string | undefined;

  constructor(options: AccountRoutesOptions) {
    this.#accounts = options.accounts;
    this.#domains = new Set(options.domains);
    this.#postmaster = options.postmaster?.toLowerCase();
    this.#separator = options.separator;
  }

  /** `onStep` is told each thing that was looked at, in order: the last one that found accounts is what decided. */
  resolve(path: Path, onStep: (step: Step) => void = () => {}): MaybePromise<AccountRoute> {
    try {
      const route = this.#resolve(path.local.toLowerCase(), domainKey(path.domain), onStep);
      return route instanceof Promise ? route.catch(unavailable) : route;
    } catch (thrown) {
      return unavailable(thrown);
    }
  }

  #resolve(local: string, domain: string, onStep: (step: Step) => void): MaybePromise<AccountRoute> {
    if (domain === '') return this.#tryAll(local, domain, onStep);
    if (this.#domains.has(domain)) {
      onStep({ domain, servedBy: 'domains' });
      return this.#tryAll(local, domain, onStep);
    }
    return andThen(this.#accounts.servesDomain(domain), (served) => {
      onStep({ domain, servedBy: served ? 'addresses' : 'nothing' });
      return served ? this.#tryAll(local, domain, onStep) : { type: 'not-served' };
    });
  }

  #tryAll(local: string, domain: string, onStep: (step: Step) => void): MaybePromise<AccountRoute> {
    const looks = this.#looks(local, domain);
    const next = (): MaybePromise<AccountRoute> => {
      for (let look = looks.next(); look.done !== true; look = looks.next()) {
        const { found, waits, ...sought } = look.value;
        const route = andThen(found, (accounts): AccountRoute | undefined => {
          const tried = { ...sought, accounts: accounts.map(({ name, disabled }) => ({ name, disabled })) };
          onStep(tried);
          if (accounts.length === 0) return undefined;
          const decided = routeBy(tried);
          return waits && decided.type === 'disabled' ? waiting(tried) : decided;
        });
        if (route instanceof Promise) return route.then((decided) => decided ?? next());
        if (route !== undefined) return route;
      }
      return { type: 'unknown-user' };
    };
    return next();
  }

  /** The rules, in the order in which they are tried. Each is looked up when the one before it has found nobody. */
  *#looks(local: string, domain: string): Generator<Look> {
    const byName = domain === '' || this.#domains.has(domain);
    for (const { base, ...tag } of this.#withoutTags(local)) {
      const isPostmaster = base === 'postmaster';
      const how = { ...tag, waits: isPostmaster };
      if (domain !== '' && base !== '') {
        const key = `${base}@${domain}`;
        yield { rule: 'address', key, ...how, found: andThen(this.#accounts.byAddress(key), one) };
        yield { rule: 'alias', key, ...how, found: this.#behindAlias(key) };
      }
      if (isPostmaster && this.#postmaster !== undefined) {
        yield { rule: 'postmaster', key: this.#postmaster, ...how, found: this.#namedPostmaster(this.#postmaster) };
      }
      if ((byName || isPostmaster) && accountName(base) !== undefined) {
        yield { rule: 'name', key: base, ...how, found: andThen(this.#accounts.byName(base), one) };
      }
      if (isPostmaster) yield { rule: 'postmaster', key: '', ...how, found: this.#firstAccount() };
    }
    if (domain === '') return;
    yield { rule: 'catch-all', key: `@${domain}`, waits: false, found: this.#behindAlias(`@${domain}`) };
  }

  *#withoutTags(local: string): Generator<{ readonly base: string; readonly tag?: string }> {
    yield { base: local };
    if (this.#separator === undefined) return;
    const places: number[] = [];
    for (let at = local.indexOf(this.#separator, 1); at !== -1; at = local.indexOf(this.#separator, at + 1)) {
      if (places.push(at) === SEPARATORS) break;
    }
    for (const at of places.reverse()) yield { base: local.slice(0, at), tag: local.slice(at + 1) };
  }

  #behindAlias(key: string): MaybePromise<readonly Account[]> {
    return andThen(this.#accounts.alias(key), (alias) => {
      if (alias === undefined) return [];
      return andThen(this.#named(alias.accounts), (accounts) => {
        // That is damage, or a removal just now, and none of the sender's business.
        if (accounts.length === 0) throw new Error(`none of the accounts behind the alias ${key} exists`);
        return accounts;
      });
    });
  }

  /** Those of these accounts that exist. */
  #named(names: readonly string[]): MaybePromise<readonly Account[]> {
    if (names.length > SLICE) return this.#namedInSlices(names);
    const found = names.map((name) => this.#accounts.byName(name));
    return found.some((account) => account instanceof Promise)
      ? Promise.all(found).then(existing)
      : existing(found as readonly (Account | undefined)[]);
  }

  async #namedInSlices(names: readonly string[]): Promise<readonly Account[]> {
    const accounts: Account[] = [];
    for (let from = 0; from < names.length; from += SLICE) {
      accounts.push(...(await this.#named(names.slice(from, from + SLICE))));
      await setImmediate();
    }
    return accounts;
  }

  #namedPostmaster(name: string): MaybePromise<readonly Account[]> {
    return andThen(this.#accounts.byName(name), (account) => {
      // A wrong setting of ours must not bounce a letter to the one who could mend it.
      if (account === undefined) throw new Error(`the postmaster's account "${name}" does not exist`);
      return [account];
    });
  }

  /** SM-08: there is always somebody who reads postmaster's mail. */
  #firstAccount(): MaybePromise<readonly Account[]> {
    return andThen(this.#accounts.first(), (account) => {
      if (account === undefined) throw new Error('there is no account yet to take mail for postmaster');
      return [account];
    });
  }
}

type Look = Omit<Tried, 'accounts'> & {
  readonly found: MaybePromise<readonly Account[]>;
  /** Whether mail for disabled accounts waits: a 5xx would bounce what somebody has to read (SM-08). */
  readonly waits: boolean;
};

function routeBy(because: Tried): AccountRoute {
  const maildrops = because.accounts.filter(({ disabled }) => !disabled).map(({ name }) => name);
  return maildrops.length === 0 ? { type: 'disabled', because } : { type: 'maildrops', maildrops, because };
}

function waiting(because: Tried): AccountRoute {
  const names = because.accounts.map(({ name }) => name).join(', ');
  return { type: 'unavailable', reason: `the account ${names} is disabled`, because };
}

function unavailable(thrown: unknown): AccountRoute {
  return { type: 'unavailable', reason: thrown instanceof Error ? thrown.message : String(thrown) };
}

function one(account: Account | undefined): readonly Account[] {
  return account === undefined ? [] : [account];
}

/** Goes on at once with a value that is at hand. */
function andThen<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

function existing(accounts: readonly (Account | undefined)[]): readonly Account[] {
  return accounts.filter((account) => account !== undefined);
}
