import type { AccountIndex } from '../accounts/account.ts';
import type { AliasIndex } from '../accounts/alias.ts';
import { writeAddress } from '../delivery/address.ts';

/** More would only fill the log: they have one cause. */
const MOST = 20;

/**
 * No address is given away that reaches somebody by his name, but `domains` may be changed later: then own addresses and
 * aliases come first. Tells of each NAME at one of `domains` that leads to others than the account of that name.
 */
export async function* shadowedNames(
  store: Pick<AccountIndex, 'byName' | 'list'> & Pick<AliasIndex, 'aliases'>,
  domains: readonly string[],
): AsyncGenerator<string> {
  const served = new Set(domains);
  let count = 0;
  for await (const { address, leads } of givenAddresses(store)) {
    const at = address.lastIndexOf('@');
    if (!served.has(address.slice(at + 1))) continue;
    const name = address.slice(0, at);
    if (leads.accounts.includes(name) || name === '' || (await store.byName(name)) === undefined) continue;
    count += 1;
    if (count > MOST) continue;
    const written = writeAddress(address);
    yield `mail for ${written} goes to ${leads.accounts.join(', ')}, whose ${leads.by} it is, and not to the account ${name}: ${remedy(written, leads)}`;
  }
  if (count > MOST) yield `and so it is with ${count - MOST} more addresses: restante doctor looks at them`;
}

interface Leads {
  readonly by: 'own address' | 'alias';
  readonly accounts: readonly string[];
}

async function* givenAddresses(
  store: Pick<AccountIndex, 'list'> & Pick<AliasIndex, 'aliases'>,
): AsyncGenerator<{ readonly address: string; readonly leads: Leads }> {
  for (const { name, addresses } of await store.list()) {
    for (const address of addresses) yield { address, leads: { by: 'own address', accounts: [name] } };
  }
  for (const { address, accounts } of await store.aliases()) yield { address, leads: { by: 'alias', accounts } };
}

function remedy(address: string, { by, accounts }: Leads): string {
  return by === 'alias'
    ? `restante alias remove ${address} gives it back`
    : `restante account address ${accounts[0]} --remove ${address} gives it back`;
}
