import { rm } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { StoreError } from '@restante/pop/maildrop';
import { type Account, AccountExists, type AccountIndex, NoAccount } from './accounts/account.ts';
import { ACCOUNT_NAME_FORM, accountName } from './accounts/account-name.ts';
import { parsePath } from './delivery/path.ts';
import { Failure, reasonOf } from './failure.ts';
import { copyOfficeFiles, FIRST_ACCOUNT, initialPasswordFile } from './office-files.ts';
import { type BackupReport, TargetNotEmpty } from './store/backup/backup.ts';
import type { DurableStore } from './store/store.ts';

/** An account as its operator sees it. */
export interface AccountView {
  readonly name: string;
  /** Its own addresses, beyond NAME@ each of our domains. */
  readonly addresses: readonly string[];
  readonly state: 'enabled' | 'disabled';
  /** Letters in its maildrop now, and their octets. */
  readonly letters: number;
  readonly octets: number;
  /** When it was made, as ISO 8601 has it. */
  readonly created: string;
}

/** The office as a whole. */
export interface OfficeStatus {
  /** Whether it is open for POP3 and LMTP. */
  readonly open: boolean;
  /** The data folder. */
  readonly data: string;
  readonly accounts: number;
  readonly letters: number;
  readonly octets: number;
  /** POP3 connections. */
  readonly sessions: number;
}

/**
 * What can be asked of a post office, the same whether it is open (over its control socket) or closed (its store
 * opened for this). What the operator can mend rejects with a {@link Failure}. Passwords come as hashes: none crosses
 * the socket.
 */
export interface Office {
  addAccount(request: { name: string; addresses: readonly string[]; passwordHash: string }): Promise<AccountView>;
  listAccounts(request: Record<string, never>): Promise<readonly AccountView[]>;
  showAccount(request: { name: string }): Promise<AccountView>;
  setPassword(request: { name: string; passwordHash: string }): Promise<void>;
  setDisabled(request: { name: string; disabled: boolean }): Promise<void>;
  /** Removes the account with all of its mail, and answers what went. */
  removeAccount(request: { name: string }): Promise<AccountView>;
  status(request: Record<string, never>): Promise<OfficeStatus>;
  /** Copies everything into this folder (an absolute path), consistent as of one moment, while mail flows. */
  backup(request: { directory: string }): Promise<BackupReport>;
}

/** What the office needs of the store. */
export type OfficeStore = AccountIndex & Pick<DurableStore, 'openMaildrop' | 'status' | 'backup'>;

export interface LocalOfficeOptions {
  readonly data: string;
  readonly store: OfficeStore;
  /** The domains in which every account's name is an address, in ASCII and lower case. */
  readonly domains: readonly string[];
  /** POP3 connections that are open now; absent while the office is closed. */
  readonly sessions?: () => number;
}

/** The office with its store at hand. */
export class LocalOffice implements Office {
  readonly #options: LocalOfficeOptions;

  constructor(options: LocalOfficeOptions) {
    this.#options = options;
  }

  addAccount(request: { name: string; addresses: readonly string[]; passwordHash: string }): Promise<AccountView> {
    return mendable(async () => {
      const name = accountName(request.name);
      if (name === undefined)
        throw new Failure(`${quote(request.name)} cannot be an account's name: it must be ${ACCOUNT_NAME_FORM}`);
      const addresses = [...new Set(request.addresses.map(ownAddress))];
      const { store } = this.#options;
      if ((await store.byName(name)) !== undefined) throw new Failure(`there is an account ${name} already`);
      for (const address of addresses) await this.#refuseTaken(address, name);
      for (const domain of this.#options.domains) await this.#refuseTaken(`${name}@${domain}`, name);
      return this.#view(await store.add({ name, addresses, passwordHash: request.passwordHash }));
    });
  }

  /** No letter is handed to the wrong reader: an address that reaches somebody already is not given to another. */
  async #refuseTaken(address: string, name: string): Promise<void> {
    const { store, domains } = this.#options;
    const owner = await store.byAddress(address);
    if (owner !== undefined) throw new Failure(`${address} belongs to the account ${owner.name} already`);
    const at = address.lastIndexOf('@');
    const local = address.slice(0, at);
    if (local === name || !domains.includes(address.slice(at + 1))) return;
    const namesake = await store.byName(local);
    if (namesake !== undefined)
      throw new Failure(`${address} reaches the account ${namesake.name} already, by its name`);
  }

  listAccounts(): Promise<readonly AccountView[]> {
    return mendable(async () => {
      const views: AccountView[] = [];
      for (const account of await this.#options.store.list()) {
        const view = await this.#view(account).catch(unlessGone);
        if (view !== undefined) views.push(view);
        // Each is a quick look at the index; many of them must not keep the sessions waiting.
        if (views.length % SLICE === 0) await setImmediate();
      }
      return views;
    });
  }

  showAccount({ name }: { name: string }): Promise<AccountView> {
    return mendable(async () => this.#view(await this.#account(name)));
  }

  setPassword({ name, passwordHash }: { name: string; passwordHash: string }): Promise<void> {
    return mendable(async () => {
      const account = await this.#account(name);
      await this.#options.store.setPassword(account.name, passwordHash);
      await this.#forgetInitialPassword(account.name);
    });
  }

  setDisabled({ name, disabled }: { name: string; disabled: boolean }): Promise<void> {
    return mendable(async () => {
      const account = await this.#account(name);
      await this.#options.store.setDisabled(account.name, disabled);
    });
  }

  removeAccount({ name }: { name: string }): Promise<AccountView> {
    return mendable(async () => {
      const account = await this.#account(name);
      const view = await this.#view(account);
      await this.#options.store.remove(account.name);
      await this.#forgetInitialPassword(account.name);
      return view;
    });
  }

  status(): Promise<OfficeStatus> {
    return mendable(async () => {
      const { data, store, sessions } = this.#options;
      const { accounts, letters, octets } = await store.status();
      return { open: sessions !== undefined, data, accounts, letters, octets, sessions: sessions?.() ?? 0 };
    });
  }

  backup({ directory }: { directory: string }): Promise<BackupReport> {
    return mendable(async () => {
      const { data, store } = this.#options;
      const report = await store.backup(directory);
      await copyOfficeFiles(data, directory);
      return report;
    });
  }

  async #account(text: string): Promise<Account> {
    const name = accountName(text);
    const account = name === undefined ? undefined : await this.#options.store.byName(name);
    if (account === undefined)
      throw new Failure(`there is no account ${quote(text)}: restante account list shows those there are`);
    return account;
  }

  async #view({ name, addresses, disabled, created }: Account): Promise<AccountView> {
    const maildrop = await this.#options.store.openMaildrop(name);
    const { count, octets } = maildrop;
    maildrop.close();
    const state = disabled ? 'disabled' : 'enabled';
    return { name, addresses, state, letters: count, octets, created: new Date(created).toISOString() };
  }

  /** The file would only mislead once the password is another. */
  async #forgetInitialPassword(name: string): Promise<void> {
    if (name === FIRST_ACCOUNT) await rm(initialPasswordFile(this.#options.data), { force: true });
  }
}

/** Accounts that are looked at in one go. */
const SLICE = 500;

/** An account that was removed since it was listed is none. */
function unlessGone(thrown: unknown): undefined {
  if (!(thrown instanceof StoreError && thrown.kind === 'no-maildrop')) throw thrown;
}

function ownAddress(text: string): string {
  const path = parsePath(text);
  if (path === undefined || path.domain === '' || path.domain.startsWith('[')) {
    throw new Failure(`${quote(text)} is not an address: write NAME@DOMAIN`);
  }
  return `${path.local}@${path.domain}`.toLowerCase();
}

/** A peer's text in a message: printable, and no longer than a line. */
function quote(text: string): string {
  return /^[\w.+@-]{1,100}$/.test(text) ? text : JSON.stringify(text.slice(0, 100));
}

/** What the store has to say in the operator's terms; what nobody foresaw stays as it is. */
async function mendable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof AccountExists || thrown instanceof NoAccount) throw new Failure(thrown.message);
    if (thrown instanceof StoreError || thrown instanceof TargetNotEmpty) throw new Failure(thrown.message);
    if (thrown instanceof Error && 'syscall' in thrown && 'path' in thrown) {
      throw new Failure(`${String(thrown.path)}: ${reasonOf(thrown)}`);
    }
    throw thrown;
  }
}
