import { setImmediate } from 'node:timers/promises';
import type { Account, AccountIndex } from '../accounts/account.ts';
import type { Alias, AliasIndex } from '../accounts/alias.ts';
import { nearestFew } from '../config/nearest.ts';
import { addressKey, domainKey, parseAddress, writeAddress } from '../delivery/address.ts';
import { RECIPIENT_OK, RECIPIENT_REFUSED } from '../delivery/replies.ts';
import type { AccountRoute, AccountRoutes, Step } from '../delivery/routes.ts';
import { Failure } from '../failure.ts';
import { printable } from './addresses.ts';

/** Where a letter for an address would go, and why. */
export interface RouteView {
  /** As it is compared. */
  readonly address: string;
  readonly result: AccountRoute['type'];
  /** Whose maildrops get it; none unless the result is `maildrops`. */
  readonly accounts: readonly string[];
  /** The answer to RCPT. */
  readonly reply: string;
  /** What was looked at, in order; the last one decided. */
  readonly steps: readonly Step[];
  /** What is in the way of an answer, when the result is `unavailable`. */
  readonly reason?: string;
  /** What may have been meant: addresses, when nobody has this one; domains, when this one is not served. */
  readonly near: readonly string[];
  /** Some of the domains that are served, when this one is not. */
  readonly served?: readonly string[];
}

export interface RouteTestOptions {
  readonly store: Pick<AccountIndex, 'list'> & Pick<AliasIndex, 'aliases'>;
  readonly routes: AccountRoutes;
  readonly domains: readonly string[];
}

/** Guesses that are shown, and domains. */
const GUESSES = 3;
const DOMAINS = 20;

/** Asks the routes themselves, which tell each step: what is said here is what happens to a letter. */
export async function testRoute(text: string, options: RouteTestOptions): Promise<RouteView> {
  const path = parseAddress(text);
  if (path === undefined) throw new Failure(`${printable(text)} is not an address: write NAME@DOMAIN, or NAME alone`);
  const steps: Step[] = [];
  const route = await options.routes.resolve(path, (step) => steps.push(step));
  const local = path.local.toLowerCase();
  const domain = domainKey(path.domain);
  const view = {
    address: domain === '' ? local : writeAddress(addressKey(local, domain)),
    result: route.type,
    accounts: route.type === 'maildrops' ? route.maildrops : [],
    reply: (route.type === 'maildrops' ? RECIPIENT_OK : RECIPIENT_REFUSED[route.type]).trimEnd(),
    steps,
    near: [],
  };
  switch (route.type) {
    case 'unavailable':
      return { ...view, reason: route.reason };
    case 'not-served': {
      const known = await servedDomains(options);
      return { ...view, near: await nearestFew(domain, known, GUESSES), served: known.slice(0, DOMAINS) };
    }
    case 'unknown-user': {
      const locals = await nearestFew(withoutTag(local, steps), await localParts(domain, options), GUESSES);
      return { ...view, near: domain === '' ? locals : locals.map((each) => writeAddress(`${each}@${domain}`)) };
    }
    default:
      return view;
  }
}

/** The shortest local-part that was looked for: tags are not misspelt. */
function withoutTag(local: string, steps: readonly Step[]): string {
  const tags = steps.map((step) => ('rule' in step ? (step.tag ?? '') : ''));
  const longest = Math.max(...tags.map((tag) => tag.length), 0);
  return longest === 0 ? local : local.slice(0, -longest - 1);
}

/** All domains that are served: `domains` first, then those of addresses. */
async function servedDomains({ store, domains }: RouteTestOptions): Promise<readonly string[]> {
  const known = new Set(domains);
  for await (const address of addresses(await store.list(), await store.aliases())) {
    known.add(address.slice(address.lastIndexOf('@') + 1));
  }
  return [...known];
}

/** Whatever leads to somebody in this domain, without it; the names of accounts, where these count. */
async function localParts(domain: string, { store, domains }: RouteTestOptions): Promise<ReadonlySet<string>> {
  const accounts = await store.list();
  const byName = domain === '' || domains.includes(domain);
  const known = new Set(byName ? accounts.map(({ name }) => name) : []);
  const ending = `@${domain}`;
  for await (const address of addresses(accounts, await store.aliases())) {
    if (address.endsWith(ending) && address !== ending) known.add(address.slice(0, -ending.length));
  }
  return known;
}

/** Own addresses and aliases. However many there are, others have their turn. */
async function* addresses(accounts: readonly Account[], aliases: readonly Alias[]): AsyncGenerator<string> {
  for (const [index, account] of accounts.entries()) {
    yield* account.addresses;
    if (index % SLICE === SLICE - 1) await setImmediate();
  }
  for (const alias of aliases) yield alias.address;
}

const SLICE = 500;
