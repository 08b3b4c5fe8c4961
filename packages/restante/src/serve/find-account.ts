import type { MaybePromise } from '@restante/pop/maildrop';
import type { Account, AccountIndex } from '../accounts/account.ts';
import { accountName } from '../accounts/account-name.ts';
import { parsePath } from '../delivery/path.ts';
import type { Route, Routes } from '../delivery/routes.ts';

/**
 * The account that somebody logs in to, by its name (one row) or by any full address that mail would reach it by. An
 * address may lead to nobody, or to an account that is disabled: both are nobody here.
 */
export function accountFinder(
  accounts: Pick<AccountIndex, 'byName'>,
  routes: Routes,
): (identity: string) => MaybePromise<Account | undefined> {
  const ownerOf = (route: Route): MaybePromise<Account | undefined> => {
    if (route.type === 'unavailable') throw new Error(route.reason);
    // An address that several share is nobody's to log in with.
    const [maildrop, ...others] = route.type === 'maildrops' ? route.maildrops : [];
    return maildrop === undefined || others.length > 0 ? undefined : accounts.byName(maildrop);
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
