import { writeAddress } from '../delivery/address.ts';
import type { Path } from '../delivery/path.ts';
import type { AccountRoute, AccountRoutes, Rule } from '../delivery/routes.ts';

/** Where mail for an address goes from now on. */
export interface Onward {
  readonly address: string;
  readonly result: AccountRoute['type'];
  /** Who has it now; none unless the result is `maildrops`. */
  readonly accounts: readonly string[];
  /** By which rule. */
  readonly rule?: Rule;
}

/** Those of these addresses that lead to the account, alone or among others, each once. Catch-alls (`@domain`) are none. */
export async function leadingTo(
  name: string,
  routes: AccountRoutes,
  keys: readonly string[],
): Promise<readonly string[]> {
  const leading: string[] = [];
  for (const key of new Set(keys)) {
    const route = key.startsWith('@') ? undefined : await routes.resolve(pathOf(key));
    if (route !== undefined && 'because' in route && route.because.accounts.some((each) => each.name === name)) {
      leading.push(key);
    }
  }
  return leading;
}

/** Where each of them leads now. */
export async function leadingOnward(routes: AccountRoutes, keys: readonly string[]): Promise<readonly Onward[]> {
  const onward: Onward[] = [];
  for (const key of keys) {
    const route = await routes.resolve(pathOf(key));
    onward.push({
      address: key.includes('@') ? writeAddress(key) : key,
      result: route.type,
      accounts: route.type === 'maildrops' ? route.maildrops : [],
      ...('because' in route && { rule: route.because.rule }),
    });
  }
  return onward;
}

function pathOf(key: string): Path {
  const at = key.lastIndexOf('@');
  if (at === -1) return { text: key, local: key, domain: '' };
  return { text: key, local: key.slice(0, at), domain: key.slice(at + 1) };
}
