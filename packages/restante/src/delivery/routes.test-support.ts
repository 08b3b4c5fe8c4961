import assert from 'node:assert/strict';
import type { Account } from '../accounts/account.ts';
import type { Alias } from '../accounts/alias.ts';
import { parsePath } from './path.ts';
import { type AccountRoute, AccountRoutes, type AccountRoutesOptions, type RoutesIndex } from './routes.ts';

export function account(name: string, addresses: readonly string[] = [], disabled = false): Account {
  return { name, addresses, disabled, policy: {}, passwordHash: '', credentialVersion: 1, created: 0 };
}

export function alias(address: string, ...accounts: readonly string[]): Alias {
  return { address, accounts };
}

export const PEOPLE = [
  account('mail'),
  account('pat', ['pat.smith@example.org', 'info@example.org']),
  account('old', ['old@example.net'], true),
];

export function index(
  people: readonly Account[] = PEOPLE,
  { aliases = [], later = false }: { readonly aliases?: readonly Alias[]; readonly later?: boolean } = {},
): RoutesIndex {
  const answer = <T>(value: T): T | Promise<T> => (later ? Promise.resolve(value) : value);
  const addresses = [...people.flatMap((each) => each.addresses), ...aliases.map((each) => each.address)];
  return {
    byName: (name) => answer(people.find((each) => each.name === name)),
    byAddress: (address) => answer(people.find((each) => each.addresses.includes(address))),
    alias: (address) => answer(aliases.find((each) => each.address === address)),
    servesDomain: (domain) => answer(addresses.some((address) => address.endsWith(`@${domain}`))),
    first: () => answer(people.find(({ disabled }) => !disabled) ?? people[0]),
  };
}

export const DOMAINS = ['localhost', 'store.example'];

export async function resolve(address: string, options: Partial<AccountRoutesOptions> = {}): Promise<AccountRoute> {
  const path = parsePath(address);
  assert.ok(path, address);
  return new AccountRoutes({ accounts: index(), domains: DOMAINS, separator: '+', ...options }).resolve(path);
}

/** Where it leads, in short: the maildrops, or what it is instead. */
export async function route(address: string, options: Partial<AccountRoutesOptions> = {}): Promise<string> {
  const found = await resolve(address, options);
  return found.type === 'maildrops' ? found.maildrops.join(' ') : found.type;
}
