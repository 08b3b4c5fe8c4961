import type { MaybePromise } from '@restante/pop/maildrop';
import type { Account, AccountIndex } from '../accounts/account.ts';
import { accountName } from '../accounts/account-name.ts';
import { addressKey } from '../delivery/address.ts';
import { parsePath } from '../delivery/path.ts';
import type { AccountRoute, AccountRoutes } from '../delivery/routes.ts';

/**
 * The account that somebody logs in to, by its name (one row), by one of its own addresses, or by NAME at one of our domains.
 * No alias, tag, catch-all or postmaster's address is anybody's to log in with, though mail for it may reach only one.
 * An address may lead to nobody, or to an account that is disabled: both are nobody here.
 */
export function accountFinder(
  accounts: Pick<AccountIndex, 'byName'>,
  routes: Pick<AccountRoutes, 'resolve'>,
): (identity: string) => MaybePromise<Account | undefined> {
  const ownerOf = (route: AccountRoute): MaybePromise<Account | undefined> => {
    if (route.type === 'unavailable' && route.because === undefined) throw new Error(route.reason);
    if (route.type !== 'maildrops') return undefined;
    const { rule, tag } = route.because;
    if (tag !== undefined || (rule !== 'address' && rule !== 'name')) return undefined;
    const [owner] = route.maildrops;
    return owner === undefined ? undefined : accounts.byName(owner);
  };
  return (identity) => {
    const name = accountName(identity);
    if (name !== undefined) return accounts.byName(name);
    const path = parsePath(identity);
    if (path === undefined || path.domain === '') return undefined;
    const route = routes.resolve(path);
    return route instanceof Promise ? route.then(ownerOf) : ownerOf(route);
  };
}

/**
 * The one way to write all spellings of what somebody logs in with. It is a matter of the text alone, so that it is the same for
 * names that are nobody's; a name at one of our domains is the name.
 */
export function loginNames(domains: readonly string[]): (identity: string) => string {
  return (identity) => {
    const name = accountName(identity);
    if (name !== undefined) return name;
    const path = parsePath(identity);
    if (path === undefined || path.domain === '') return identity;
    const key = addressKey(path.local, path.domain);
    const at = key.lastIndexOf('@');
    return domains.includes(key.slice(at + 1)) ? key.slice(0, at) : key;
  };
}
