import { rm } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { StoreError } from '@restante/pop/maildrop';
import type { Account, AccountIndex } from '../accounts/account.ts';
import { ACCOUNT_NAME_FORM, accountName } from '../accounts/account-name.ts';
import type { Alias, AliasIndex } from '../accounts/alias.ts';
import type { AccountPolicy, PolicyEdit } from '../accounts/policy.ts';
import { type PolicyInForce, policyInForce } from '../accounts/policy-in-force.ts';
import { writeAddress } from '../delivery/address.ts';
import type { AccountRoutes } from '../delivery/routes.ts';
import { Failure } from '../failure.ts';
import type { DurableStore } from '../store/store.ts';
import { givenAddress, holderOf, namedAccount, printable, refuseTaken } from './addresses.ts';
import { FIRST_ACCOUNT, initialPasswordFile } from './files.ts';
import { leadingOnward, leadingTo, type Onward } from './onward.ts';

/** An account as its operator sees it. */
export interface AccountView {
  readonly name: string;
  /** Its own addresses, beyond NAME@ each of our domains. */
  readonly addresses: readonly string[];
  /** The aliases that lead to it, perhaps among others. */
  readonly aliases: readonly string[];
  readonly state: 'enabled' | 'disabled';
  /** Letters in its maildrop now, and their octets. */
  readonly letters: number;
  readonly octets: number;
  readonly quota: QuotaView;
  /** When it was made, as ISO 8601 has it. */
  readonly created: string;
  /** What goes for it, and whether that is its own or as the settings say. */
  readonly policy: PolicyInForce;
}

/** What an account may hold: `null` for no limit. */
export interface QuotaView {
  readonly octets: number | null;
  readonly letters: number | null;
  /** How much of it is used, of octets or letters, whichever is nearer to its end; `null` where there is no limit. */
  readonly percent: number | null;
  /** Which of them are the account's own, and not the settings'. */
  readonly own: { readonly octets: boolean; readonly letters: boolean };
}

export interface RemovedAccount extends AccountView {
  /** Those of its aliases that led to nobody else, and are gone with it. */
  readonly emptied: readonly string[];
  /** What leads elsewhere now that led to it: its addresses, its name at each of our domains, those aliases, postmaster. */
  readonly onward: readonly Onward[];
}

export interface OfficeAccountsOptions {
  readonly data: string;
  readonly store: AccountIndex & AliasIndex & Pick<DurableStore, 'usage'>;
  readonly routes: AccountRoutes;
  readonly domains: readonly string[];
  /** What the settings say for all accounts. */
  readonly policy?: AccountPolicy;
}

/** The accounts, as the command line changes them. One change of addresses after the other: what was free is given away. */
export class OfficeAccounts {
  readonly #options: OfficeAccountsOptions;

  constructor(options: OfficeAccountsOptions) {
    this.#options = options;
  }

  async add(request: { name: string; addresses: readonly string[]; passwordHash: string }): Promise<AccountView> {
    const name = accountName(request.name);
    if (name === undefined)
      throw new Failure(`${printable(request.name)} cannot be an account's name: it must be ${ACCOUNT_NAME_FORM}`);
    const addresses = [...new Set(request.addresses.map(givenAddress))];
    const { store, domains } = this.#options;
    if ((await store.byName(name)) !== undefined) throw new Failure(`there is an account ${name} already`);
    for (const address of addresses) await this.#refuseTaken(address, name);
    for (const domain of domains) await this.#refuseTaken(`${name}@${domain}`, name);
    return this.#view(await store.add({ name, addresses, passwordHash: request.passwordHash }), []);
  }

  async list(): Promise<readonly AccountView[]> {
    const { store } = this.#options;
    const views: AccountView[] = [];
    const aliases = byAccount(await store.aliases());
    for (const account of await store.list()) {
      const view = await this.#view(account, aliases.get(account.name) ?? []).catch(unlessGone);
      if (view !== undefined) views.push(view);
      // Each is a quick look at the index; many of them must not keep the sessions waiting.
      if (views.length % SLICE === 0) await setImmediate();
    }
    return views;
  }

  async show(text: string): Promise<AccountView> {
    const account = await this.#account(text);
    return this.#view(account, await this.#aliasesOf(account.name));
  }

  async setPassword(text: string, passwordHash: string): Promise<void> {
    const { name } = await this.#account(text);
    await this.#options.store.setPassword(name, passwordHash);
    await this.#forgetInitialPassword(name);
  }

  async setDisabled(text: string, disabled: boolean): Promise<void> {
    const { name } = await this.#account(text);
    await this.#options.store.setDisabled(name, disabled);
  }

  async editPolicy(text: string, edit: PolicyEdit): Promise<void> {
    const { name } = await this.#account(text);
    await this.#options.store.editPolicy(name, edit);
  }

  async changeAddresses(text: string, add: readonly string[], remove: readonly string[]): Promise<AccountView> {
    const { name, addresses: before } = await this.#account(text);
    const addresses = new Set(before);
    for (const address of remove) {
      if (!addresses.delete(givenAddress(address)))
        throw new Failure(`${printable(address)} is no own address of the account ${name}`);
    }
    for (const address of add.map(givenAddress)) {
      await this.#refuseTaken(address, name);
      addresses.add(address);
    }
    if (add.length + remove.length > 0) await this.#options.store.setAddresses(name, [...addresses]);
    return this.show(name);
  }

  async remove(text: string): Promise<RemovedAccount> {
    const account = await this.#account(text);
    const aliases = await this.#aliasesOf(account.name);
    const view = await this.#view(account, aliases);
    const { store, routes, domains } = this.#options;
    const emptied = aliases.filter(({ accounts }) => accounts.length === 1).map(({ address }) => address);
    const names = domains.map((domain) => `${account.name}@${domain}`);
    const led = await leadingTo(account.name, routes, [...account.addresses, ...names, ...emptied, 'postmaster']);
    await store.remove(account.name);
    await this.#forgetInitialPassword(account.name);
    return { ...view, emptied: emptied.map(writeAddress), onward: await leadingOnward(routes, led) };
  }

  #account(text: string): Promise<Account> {
    return namedAccount(this.#options.store, text);
  }

  async #aliasesOf(name: string): Promise<readonly Alias[]> {
    return (await this.#options.store.aliases()).filter(({ accounts }) => accounts.includes(name));
  }

  async #refuseTaken(address: string, name: string): Promise<void> {
    const holder = await holderOf(this.#options.routes, address);
    if (holder === undefined) return;
    if (holder.rule === 'alias' || holder.accounts[0]?.name !== name) refuseTaken(address, holder);
  }

  async #view({ name, disabled, created, ...account }: Account, leading: readonly Alias[]): Promise<AccountView> {
    const { count, octets, quota } = this.#options.store.usage(name);
    const { quotaOctets, quotaLetters } = account.policy;
    return {
      name,
      addresses: account.addresses.map(writeAddress),
      aliases: leading.map(({ address }) => writeAddress(address)),
      state: disabled ? 'disabled' : 'enabled',
      letters: count,
      octets,
      quota: {
        octets: quota?.octets ?? null,
        letters: quota?.letters ?? null,
        percent: quota?.used({ count, octets }) ?? null,
        own: { octets: quotaOctets !== undefined, letters: quotaLetters !== undefined },
      },
      created: new Date(created).toISOString(),
      policy: policyInForce(account.policy, this.#options.policy ?? {}),
    };
  }

  /** The file would only mislead once the password is another. */
  async #forgetInitialPassword(name: string): Promise<void> {
    if (name === FIRST_ACCOUNT) await rm(initialPasswordFile(this.#options.data), { force: true });
  }
}

/** Accounts that are looked at in one go. */
const SLICE = 50;

/** An account that was removed since it was listed is none. */
function unlessGone(thrown: unknown): undefined {
  if (!(thrown instanceof StoreError && thrown.kind === 'no-maildrop')) throw thrown;
}

function byAccount(aliases: readonly Alias[]): ReadonlyMap<string, readonly Alias[]> {
  const leading = new Map<string, Alias[]>();
  for (const alias of aliases) {
    for (const name of alias.accounts) {
      const known = leading.get(name);
      if (known === undefined) leading.set(name, [alias]);
      else known.push(alias);
    }
  }
  return leading;
}
