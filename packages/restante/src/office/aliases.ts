import type { AccountIndex } from '../accounts/account.ts';
import { accountName } from '../accounts/account-name.ts';
import type { Alias, AliasIndex } from '../accounts/alias.ts';
import { domainKey, parseAddress, writeAddress } from '../delivery/address.ts';
import type { AccountRoutes } from '../delivery/routes.ts';
import { Failure } from '../failure.ts';
import { givenAddress, holderOf, namedAccount, printable, refuseTaken } from './addresses.ts';

/** Accounts behind one alias: each is looked up when a letter comes for it. */
const MOST_ACCOUNTS = 1000;

/** An alias as its operator sees it. */
export interface AliasView {
  /** `@domain` is the domain's catch-all. */
  readonly address: string;
  /** None, when it is gone by that. */
  readonly accounts: readonly string[];
}

export interface AliasRequest {
  readonly address: string;
  readonly accounts: readonly string[];
}

export interface AddedAlias extends AliasView {
  /** Whether its domain was not served before: a slip of the fingers, perhaps. */
  readonly newDomain: boolean;
}

export interface OfficeAliasesOptions {
  readonly store: Pick<AccountIndex, 'byName' | 'servesDomain'> & AliasIndex;
  readonly routes: AccountRoutes;
  readonly domains: readonly string[];
}

/** The aliases, as the command line changes them. One change after the other: each reads what it then writes. */
export class OfficeAliases {
  readonly #options: OfficeAliasesOptions;

  constructor(options: OfficeAliasesOptions) {
    this.#options = options;
  }

  /** Adds accounts to an alias, or makes it. */
  async add(request: AliasRequest): Promise<AddedAlias> {
    const { store, routes, domains } = this.#options;
    const address = aliasAddress(request.address);
    const isCatchAll = address.startsWith('@');
    const holder = isCatchAll ? undefined : await holderOf(routes, address);
    if (holder !== undefined && holder.rule !== 'alias') refuseTaken(address, holder);
    const before = (await store.alias(address))?.accounts ?? [];
    const accounts = new Set(before);
    for (const text of request.accounts) accounts.add(await this.#target(text));
    if (accounts.size > MOST_ACCOUNTS) throw new Failure(`an alias leads to ${MOST_ACCOUNTS} accounts at most`);
    const domain = address.slice(address.lastIndexOf('@') + 1);
    const newDomain = !domains.includes(domain) && !(await store.servesDomain(domain));
    if (accounts.size > before.length) await store.putAlias({ address, accounts: [...accounts] });
    return { ...view({ address, accounts: [...accounts] }), newDomain };
  }

  /** Removes accounts from an alias; all of them, and with them the alias, when none is named. */
  async remove(request: AliasRequest): Promise<AliasView> {
    const { store } = this.#options;
    const address = aliasAddress(request.address);
    const alias = await store.alias(address);
    if (alias === undefined) {
      throw new Failure(`there is no alias ${printable(request.address)}: restante alias list shows those there are`);
    }
    const accounts = new Set(request.accounts.length === 0 ? [] : alias.accounts);
    for (const text of request.accounts) {
      if (!alias.accounts.includes(accountName(text) ?? ''))
        throw new Failure(`the alias ${writeAddress(address)} does not lead to ${printable(text)}`);
      accounts.delete(accountName(text) ?? '');
    }
    if (accounts.size === 0) await store.removeAlias(address);
    else await store.putAlias({ address, accounts: [...accounts] });
    return view({ address, accounts: [...accounts] });
  }

  async list(): Promise<readonly AliasView[]> {
    return (await this.#options.store.aliases()).map(view);
  }

  /** The name of the account that an alias is to lead to. */
  async #target(text: string): Promise<string> {
    const { store, routes } = this.#options;
    if (!text.includes('@')) return (await namedAccount(store, text)).name;
    const path = parseAddress(text);
    const holder = path && (await holderOf(routes, givenAddress(text)));
    if (holder === undefined) {
      throw new Failure(
        `${printable(text)} is no account here: an alias leads to accounts, and nothing is passed on to other places`,
      );
    }
    const names = holder.accounts.map(({ name }) => name).join(' ');
    throw new Failure(`${printable(text)} is an address: name the account instead, ${names}`);
  }
}

function view({ address, accounts }: Alias): AliasView {
  return { address: writeAddress(address), accounts };
}

/** The key of an alias: of an address, or `@domain`. */
function aliasAddress(text: string): string {
  const domain = /^\*?@(.*)$/.exec(text)?.[1];
  const path = parseAddress(domain === undefined ? text : `x@${domain}`);
  if (path === undefined || path.domain === '' || path.domain.startsWith('[')) {
    throw new Failure(`${printable(text)} is not an address: write NAME@DOMAIN, or @DOMAIN for the domain's catch-all`);
  }
  if (domain === undefined) return givenAddress(text);
  if (text.startsWith('*')) throw new Failure(`the catch-all of a domain is written without the star: @${domain}`);
  return `@${domainKey(domain)}`;
}
