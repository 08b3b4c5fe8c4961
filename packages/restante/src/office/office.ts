import { StoreError } from '@restante/pop/maildrop';
import { AccountExists, type AccountIndex, NoAccount } from '../accounts/account.ts';
import type { AliasIndex } from '../accounts/alias.ts';
import type { DeviceIndex } from '../accounts/device.ts';
import type { GuessingFigures } from '../accounts/guessing.ts';
import type { AccountPolicy, PolicyEdit } from '../accounts/policy.ts';
import type { AccountRoutes } from '../delivery/routes.ts';
import { Failure, reasonOf } from '../failure.ts';
import { type BackupReport, TargetNotEmpty } from '../store/backup/backup.ts';
import type { LedgerEntry, LedgerLetters, LedgerPolls } from '../store/ledger/entry.ts';
import type { LetterHistory, Page } from '../store/ledger/reader.ts';
import type { DurableStore } from '../store/store.ts';
import { type AccountView, OfficeAccounts, type RemovedAccount } from './accounts.ts';
import { type AddedAlias, type AliasRequest, type AliasView, OfficeAliases } from './aliases.ts';
import { type DeviceRequest, type DeviceView, OfficeDevices } from './devices.ts';
import { copyOfficeFiles } from './files.ts';
import { copyJournals, type JournalsCopied } from './journals.ts';
import {
  OfficeKeeping,
  type OfficeKeepingOptions,
  type Purged,
  type PurgeRequest,
  type Undeleted,
  type UndeleteRequest,
} from './keeping.ts';
import {
  type LedgerEntriesRequest,
  type LedgerLettersRequest,
  type LedgerPollsRequest,
  type LettersPlace,
  OfficeLedger,
  type OfficeLedgerOptions,
  type PollsPlace,
} from './ledger.ts';
import { type RouteView, testRoute } from './route.ts';

/** Connections that are open now. */
export type SessionCounts = Readonly<Record<'pop3' | 'smtp' | 'lmtp', number>>;

const NO_SESSIONS: SessionCounts = { pop3: 0, smtp: 0, lmtp: 0 };

const NOTHING_DELAYED: GuessingFigures = { addresses: 0, networks: 0, accounts: 0, waiting: 0 };

export function allSessions({ pop3, smtp, lmtp }: SessionCounts): number {
  return pop3 + smtp + lmtp;
}

/** The office as a whole. */
export interface OfficeStatus {
  /** Whether it is open for POP3, SMTP and LMTP. */
  readonly open: boolean;
  /** The data folder. */
  readonly data: string;
  readonly accounts: number;
  readonly letters: number;
  readonly octets: number;
  /** Mailboxes that have reached a level of `quota.warn`, by level in percent, and no higher one. */
  readonly nearQuota: Readonly<Record<string, number>>;
  /** Connections, of all protocols together. */
  readonly sessions: number;
  readonly sessionsByProtocol: SessionCounts;
  /** What is delayed now since passwords were guessed, and the logins that wait for it; nothing while it is closed. */
  readonly delayed: GuessingFigures;
  /** Where it listens, as listeners are written; empty while it is closed. */
  readonly listening: readonly { readonly door: string; readonly address: string }[];
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
  /** Changes what is true of this account alone: quota, who may log in and how, what is kept how long. */
  editPolicy(request: { name: string; edit: PolicyEdit }): Promise<void>;
  /** Takes in the password of a device, as its fingerprint. */
  addDevice(request: DeviceRequest): Promise<DeviceView>;
  listDevices(request: { name: string }): Promise<readonly DeviceView[]>;
  revokeDevice(request: { name: string; label: string }): Promise<void>;
  /** Removes the account with all of its mail, and answers what went. */
  removeAccount(request: { name: string }): Promise<RemovedAccount>;
  /** Gives it addresses of its own, and takes some away; both or neither. */
  changeAddresses(request: AddressChange): Promise<AccountView>;
  /** Adds accounts to an alias, or makes it. `@domain` is the domain's catch-all. */
  addAlias(request: AliasRequest): Promise<AddedAlias>;
  /** Removes accounts from an alias, or all of it when none is named; answers what is left. */
  removeAlias(request: AliasRequest): Promise<AliasView>;
  listAliases(request: Record<string, never>): Promise<readonly AliasView[]>;
  /** Says where a letter for this address would go, and why. */
  testRoute(request: { address: string }): Promise<RouteView>;
  /** Brings expunged letters back as new arrivals. */
  /** What sessions did, and what happened without one: a page of it. */
  ledgerEntries(request: LedgerEntriesRequest): Promise<Page<LedgerEntry, number>>;
  /** The letters that it happened to. */
  ledgerLetters(request: LedgerLettersRequest): Promise<Page<LedgerLetters, LettersPlace>>;
  /** How many sessions fetched and removed nothing, by hour and address. */
  ledgerPolls(request: LedgerPollsRequest): Promise<Page<LedgerPolls, PollsPlace>>;
  /** What became of one letter, and by whom. */
  letterHistory(request: { name: string; uniqueId: string }): Promise<LetterHistory>;
  undelete(request: UndeleteRequest): Promise<Undeleted>;
  /** Destroys expunged letters for good; none that an open session holds. */
  purge(request: PurgeRequest): Promise<Purged>;
  status(request: Record<string, never>): Promise<OfficeStatus>;
  /**
   * Copies everything into this folder (an absolute path), consistent as of one moment, while mail flows; an earlier backup there is
   * brought up to date.
   */
  backup(request: { directory: string }): Promise<OfficeBackup>;
}

/** What a backup has: the store, and the collector's journals. */
export type OfficeBackup = BackupReport & JournalsCopied;

export interface AddressChange {
  readonly name: string;
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** What the office needs of the store. */
export type OfficeStore = AccountIndex &
  DeviceIndex &
  AliasIndex &
  Pick<DurableStore, 'openMaildrop' | 'usage' | 'quotaLevels' | 'status' | 'backup'> &
  OfficeKeepingOptions['store'] &
  OfficeLedgerOptions['store'];

export interface LocalOfficeOptions {
  readonly data: string;
  readonly store: OfficeStore;
  /** The domains in which every account's name is an address, in ASCII and lower case. */
  readonly domains: readonly string[];
  /** Where addresses lead. */
  readonly routes: AccountRoutes;
  /** What the settings say for all accounts. */
  readonly policy?: AccountPolicy;
  /** Absent while the office is closed. */
  readonly sessions?: () => SessionCounts;
  readonly guessing?: () => GuessingFigures;
  readonly listening?: OfficeStatus['listening'];
}

/** The office with its store at hand: everything it is asked is done here, and what fails is said so that it can be mended. */
export class LocalOffice implements Office {
  readonly #options: LocalOfficeOptions;
  readonly #accounts: OfficeAccounts;
  readonly #aliases: OfficeAliases;
  readonly #devices: OfficeDevices;
  readonly #keeping: OfficeKeeping;
  readonly #ledger: OfficeLedger;
  /** The last change of who has which address. */
  #changed: Promise<unknown> = Promise.resolve();

  constructor(options: LocalOfficeOptions) {
    this.#options = options;
    this.#accounts = new OfficeAccounts(options);
    this.#aliases = new OfficeAliases(options);
    this.#devices = new OfficeDevices(options);
    this.#keeping = new OfficeKeeping(options);
    this.#ledger = new OfficeLedger(options);
  }

  addAccount(request: { name: string; addresses: readonly string[]; passwordHash: string }): Promise<AccountView> {
    return this.#inTurn(() => this.#accounts.add(request));
  }

  listAccounts(): Promise<readonly AccountView[]> {
    return mendable(() => this.#accounts.list());
  }

  showAccount({ name }: { name: string }): Promise<AccountView> {
    return mendable(() => this.#accounts.show(name));
  }

  setPassword({ name, passwordHash }: { name: string; passwordHash: string }): Promise<void> {
    return mendable(() => this.#accounts.setPassword(name, passwordHash));
  }

  setDisabled({ name, disabled }: { name: string; disabled: boolean }): Promise<void> {
    return mendable(() => this.#accounts.setDisabled(name, disabled));
  }

  editPolicy({ name, edit }: { name: string; edit: PolicyEdit }): Promise<void> {
    return mendable(() => this.#accounts.editPolicy(name, edit));
  }

  addDevice(request: DeviceRequest): Promise<DeviceView> {
    return mendable(() => this.#devices.add(request));
  }

  listDevices(request: { name: string }): Promise<readonly DeviceView[]> {
    return mendable(() => this.#devices.list(request));
  }

  revokeDevice(request: { name: string; label: string }): Promise<void> {
    return mendable(() => this.#devices.revoke(request));
  }

  changeAddresses({ name, add, remove }: AddressChange): Promise<AccountView> {
    return this.#inTurn(() => this.#accounts.changeAddresses(name, add, remove));
  }

  removeAccount({ name }: { name: string }): Promise<RemovedAccount> {
    return this.#inTurn(() => this.#accounts.remove(name));
  }

  addAlias(request: AliasRequest): Promise<AddedAlias> {
    return this.#inTurn(() => this.#aliases.add(request));
  }

  removeAlias(request: AliasRequest): Promise<AliasView> {
    return this.#inTurn(() => this.#aliases.remove(request));
  }

  listAliases(): Promise<readonly AliasView[]> {
    return mendable(() => this.#aliases.list());
  }

  testRoute({ address }: { address: string }): Promise<RouteView> {
    return mendable(() => testRoute(address, this.#options));
  }

  ledgerEntries(request: LedgerEntriesRequest): Promise<Page<LedgerEntry, number>> {
    return mendable(() => this.#ledger.entries(request));
  }

  ledgerLetters(request: LedgerLettersRequest): Promise<Page<LedgerLetters, LettersPlace>> {
    return mendable(() => this.#ledger.letters(request));
  }

  ledgerPolls(request: LedgerPollsRequest): Promise<Page<LedgerPolls, PollsPlace>> {
    return mendable(() => this.#ledger.polls(request));
  }

  letterHistory(request: { name: string; uniqueId: string }): Promise<LetterHistory> {
    return mendable(() => this.#ledger.history(request));
  }

  undelete(request: UndeleteRequest): Promise<Undeleted> {
    return mendable(() => this.#keeping.undelete(request));
  }

  purge(request: PurgeRequest): Promise<Purged> {
    return mendable(() => this.#keeping.purge(request));
  }

  status(): Promise<OfficeStatus> {
    return mendable(async () => {
      const { data, store, sessions, guessing, listening = [] } = this.#options;
      const { accounts, letters, octets } = await store.status();
      const sessionsByProtocol = sessions?.() ?? NO_SESSIONS;
      return {
        open: sessions !== undefined,
        data,
        accounts,
        letters,
        octets,
        nearQuota: Object.fromEntries(store.quotaLevels()),
        sessions: allSessions(sessionsByProtocol),
        sessionsByProtocol,
        delayed: guessing?.() ?? NOTHING_DELAYED,
        listening,
      };
    });
  }

  backup({ directory }: { directory: string }): Promise<OfficeBackup> {
    return mendable(async () => {
      const { data, store } = this.#options;
      const report = await store.backup(directory);
      await copyOfficeFiles(data, directory, true);
      return { ...report, ...copyJournals(data, directory) };
    });
  }

  /** One change of who has which address after the other: what was found to be free is still free when it is given away. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const changed = this.#changed.then(() => mendable(change));
    this.#changed = changed.catch(() => {});
    return changed;
  }
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
