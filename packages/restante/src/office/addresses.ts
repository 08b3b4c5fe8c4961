import type { Account, AccountIndex } from '../accounts/account.ts';
import { accountName } from '../accounts/account-name.ts';
import { addressKey, parseAddress, writeAddress } from '../delivery/address.ts';
import type { AccountRoutes, Tried } from '../delivery/routes.ts';
import { Failure } from '../failure.ts';

/** The key of an address that can be given to somebody. */
export function givenAddress(text: string): string {
  const path = parseAddress(text);
  if (path === undefined || path.local === '' || path.domain === '' || path.domain.startsWith('[')) {
    throw new Failure(`${printable(text)} is not an address: write NAME@DOMAIN`);
  }
  return addressKey(path.local, path.domain);
}

export async function namedAccount(accounts: Pick<AccountIndex, 'byName'>, text: string): Promise<Account> {
  const name = accountName(text);
  const account = name === undefined ? undefined : await accounts.byName(name);
  if (account === undefined)
    throw new Failure(`there is no account ${printable(text)}: restante account list shows those there are`);
  return account;
}

/** Who has exactly this address: by which rule, and which accounts. A tag, a catch-all and postmaster's rule make nobody its holder. */
export async function holderOf(routes: AccountRoutes, key: string): Promise<Tried | undefined> {
  const at = key.lastIndexOf('@');
  const route = await routes.resolve({ text: key, local: key.slice(0, at), domain: key.slice(at + 1) });
  if (!('because' in route) || route.because === undefined) {
    if (route.type === 'unavailable') throw new Failure(route.reason);
    return undefined;
  }
  const { rule, tag } = route.because;
  const exact = tag === undefined && (rule === 'address' || rule === 'alias' || rule === 'name');
  return exact ? route.because : undefined;
}

/** No letter is handed to the wrong reader: an address that reaches somebody already is not given to another. */
export function refuseTaken(key: string, holder: Tried): never {
  const address = writeAddress(key);
  const names = holder.accounts.map(({ name }) => name).join(', ');
  switch (holder.rule) {
    case 'alias':
      throw new Failure(`${address} is an alias for ${names} already: restante alias remove ${address} makes it free`);
    case 'name':
      throw new Failure(`${address} reaches the account ${names} already, by its name`);
    default:
      throw new Failure(`${address} belongs to the account ${names} already`);
  }
}

/** A peer's text in a message: printable, and no longer than a line. */
export function printable(text: string): string {
  return /^[\w.+@-]{1,100}$/.test(text) ? text : JSON.stringify(text.slice(0, 100));
}
