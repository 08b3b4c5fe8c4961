import { resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import {
  type Actor,
  type Delivery,
  type Envelope,
  type MaybePromise,
  type Recipient,
  type Reservation,
  type Store,
  StoreError,
  type UndeleteChoice,
} from '@restante/pop/maildrop';
import type { Account, AccountIndex, NewAccount } from '../accounts/account.ts';
import type { Alias, AliasIndex } from '../accounts/alias.ts';
import type { Device, DeviceIndex, DeviceRow, NotedUse } from '../accounts/device.ts';
import type { PolicyEdit } from '../accounts/policy.ts';
import { announcedDays, leavesAtQuit, retentionOf } from '../accounts/retention.ts';
import { type BackupReport, backUp } from './backup/backup.ts';
import { type DeliveryRoom, IncomingLetter } from './delivery.ts';
import { expire } from './expiry.ts';
import { type ExpungedLetters, expungedLetters } from './expunged.ts';
import { Faults } from './faults.ts';
import type { ImportedLetter, Imports } from './import.ts';
import { ImportDesk } from './import-desk.ts';
import { AccountReads, type OwnTerms } from './index/sqlite/accounts.ts';
import { AliasReads } from './index/sqlite/aliases.ts';
import { openReadConnection } from './index/sqlite/connection.ts';
import { ContentReads } from './index/sqlite/contents.ts';
import { DepartedReads } from './index/sqlite/departed.ts';
import { DepartureReads } from './index/sqlite/departures.ts';
import { DeviceReads } from './index/sqlite/devices.ts';
import { LedgerReads } from './index/sqlite/ledger.ts';
import { MaildropReads, type MaildropRow } from './index/sqlite/maildrops.ts';
import { PlacementReads } from './index/sqlite/placements.ts';
import { type DueWarning, QuotaLevelReads } from './index/sqlite/quota-levels.ts';
import { RetentionReads } from './index/sqlite/retention.ts';
import { SegmentReads } from './index/sqlite/segments.ts';
import { LedgerDesk } from './ledger/desk.ts';
import type { LedgerActor } from './ledger/entry.ts';
import { LedgerReader } from './ledger/reader.ts';
import { LetterReader } from './letters/letter-reader.ts';
import { Pages } from './letters/pages.ts';
import { type DataFolder, dataFolder, makeDataFolder } from './letters/segments/folder.ts';
import { SegmentReader } from './letters/segments/reader.ts';
import { defaultStoreLimits, type StoreLimits } from './limits.ts';
import { DataLock } from './lock.ts';
import type { StoreOptions, StoreStatus } from './options.ts';
import { type Held, Quota } from './quota.ts';
import { Reservations } from './reservations.ts';
import { type AfterRetrieval, Snapshot, type SnapshotRoom } from './snapshot/snapshot.ts';
import { OpenSnapshots } from './snapshot/snapshots.ts';
import { Turns } from './turns.ts';
import { uniqueIds } from './unique-ids.ts';
import { type MaintainReport, type PurgeForecast, Upkeep } from './upkeep.ts';
import { storeErrorOf } from './writer/failure.ts';
import { WriterLink } from './writer/link.ts';
import type { CompactReport, EventLoopDelay, SweptReport } from './writer/orders.ts';
import { Pace } from './writer/pace.ts';
import { Room } from './writer/room.ts';

export type { StoreOptions, StoreStatus } from './options.ts';

/** What a maildrop holds, and may hold. */
export interface MaildropUsage extends Held {
  readonly quota: Quota | undefined;
}

/** Opens the data folder for this process alone. Rejects with DataInUse, or a StoreError that names the remedy. */
export async function openStore(options: StoreOptions): Promise<DurableStore> {
  const data = dataFolder(resolve(options.data));
  try {
    makeDataFolder(data);
  } catch (error) {
    throw unusable(data.root, error);
  }
  const lock = DataLock.take(data);
  try {
    return await DurableStore.open(data, lock, options);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** The durable store: letters in segment files, all else in SQLite, one thread that writes. */
export class DurableStore implements Store, AccountIndex, AliasIndex, DeviceIndex, Imports {
  /** What the last process, if it was killed, had left behind. */
  readonly swept: SweptReport;
  /** How late the writer's event loop is, in nanoseconds; absent where it is not watched. */
  readonly writerDelay: EventLoopDelay | undefined;
  /** What became of letters, and by whom. */
  readonly ledger: LedgerReader;
  readonly #ledgerDesk: LedgerDesk;
  readonly #lock: DataLock;
  readonly #database: DatabaseSync;
  readonly #link: WriterLink;
  readonly #limits: StoreLimits;
  readonly #now: () => number;
  readonly #segments: SegmentReader;
  readonly #snapshots = new OpenSnapshots();
  readonly #maildrops: MaildropReads;
  readonly #accounts: AccountReads;
  readonly #aliases: AliasReads;
  readonly #devices: DeviceReads;
  readonly #imports: ImportDesk;
  readonly #upkeep: Upkeep;
  readonly #departed: DepartedReads;
  readonly #quotaLevels: QuotaLevelReads;
  readonly #retention: RetentionReads;
  readonly #totals: SegmentReads;
  readonly #snapshotRoom: SnapshotRoom;
  readonly #deliveryRoom: DeliveryRoom;
  readonly #reservations: Reservations;
  readonly #turns = new Turns();
  readonly #pace: Pace;
  #closing: Promise<void> | undefined;

  private constructor(
    data: DataFolder,
    lock: DataLock,
    options: StoreOptions,
    limits: StoreLimits,
    segments: SegmentReader,
    pages: Pages,
    pace: Pace,
    { link, swept, delay }: Awaited<ReturnType<typeof WriterLink.start>>,
  ) {
    this.swept = swept;
    this.writerDelay = delay;
    this.#pace = pace;
    this.#lock = lock;
    this.#limits = limits;
    this.#segments = segments;
    this.#link = link;
    this.#now = options.now ?? Date.now;
    const database = openReadConnection(data.index);
    this.#database = database;
    this.#maildrops = new MaildropReads(database);
    this.#accounts = new AccountReads(database);
    this.#aliases = new AliasReads(database);
    this.#devices = new DeviceReads(database);
    this.#departed = new DepartedReads(database);
    const index = {
      departures: new DepartureReads(database),
      departed: this.#departed,
      maildrops: this.#maildrops,
    };
    this.#retention = new RetentionReads(database);
    const expiry = {
      retention: this.#retention,
      accounts: (after: string, limit: number) => this.#accounts.slice(after, limit),
      maildrop: (name: string) => this.#maildrops.byName(name),
      terms: () => this.#accounts.terms(),
    };
    const now = this.#now;
    this.#ledgerDesk = new LedgerDesk({ link, turns: this.#turns, now, onError: options.onUnrecorded });
    this.#upkeep = new Upkeep({
      link,
      limits,
      snapshots: this.#snapshots,
      read: (look) => this.#read(() => look(index)),
      expire: () =>
        expire({
          link,
          settings: limits.retention,
          read: (look) => this.#read(() => look(expiry)),
          turns: this.#turns,
          now: this.#now,
        }),
      mayKeep: (name) => this.#quotaOf(name),
      turns: this.#turns,
      ledger: this.#ledgerDesk,
      now: this.#now,
    });
    this.#quotaLevels = new QuotaLevelReads(database);
    this.#totals = new SegmentReads(database);
    const letters = new LetterReader(new ContentReads(database), segments);
    const placements = new PlacementReads(database);
    const ledgerIndex = { ledger: new LedgerReads(database), placements };
    this.ledger = new LedgerReader({
      desk: this.#ledgerDesk,
      turns: this.#turns,
      letters,
      read: (look) => this.#read(() => look(ledgerIndex)),
      placeOf: (name) => this.#maildropOf(name),
    });
    this.#snapshotRoom = {
      reads: { database, placements },
      letters,
      link,
      turns: this.#turns,
      ledger: this.#ledgerDesk,
      now: this.#now,
    };
    this.#deliveryRoom = {
      data,
      limits,
      link,
      faults: new Faults(options.faults),
      now: this.#now,
      uniqueId: uniqueIds(options.random),
      pages,
      space: new Room(data, limits, options.pretendFree),
    };
    this.#reservations = new Reservations({
      letter: limits.letter,
      find: (maildrop) => this.#read(() => this.#usage(maildrop)),
      hasRoom: (octets) => this.#hasRoom(octets),
    });
    this.#imports = new ImportDesk(database, this.#maildrops, this.#deliveryRoom);
  }

  static async open(data: DataFolder, lock: DataLock, options: StoreOptions): Promise<DurableStore> {
    const limits = { ...defaultStoreLimits, ...options.limits };
    const segments = new SegmentReader(data, limits.openFiles);
    const pages = new Pages(new SharedArrayBuffer(limits.buffered));
    const pace = Pace.memory();
    let store: DurableStore | undefined;
    const link = await WriterLink.start(
      {
        data: data.root,
        limits,
        pages: pages.memory,
        faults: options.faults ?? {},
        pace,
        ...(options.watchDelay && { watchDelay: true }),
        ...(options.pretendFree && { pretendFree: options.pretendFree }),
      },
      {
        dropped: (dropped) => {
          for (const segment of dropped) segments.drop(segment);
        },
        pressed: () => {
          if (store) void store.#upkeep.makeRoom();
        },
        filled: (due) => options.onFilled?.(due),
        stopped: (error) => options.onStopped?.(error),
      },
    );
    try {
      store = new DurableStore(data, lock, options, limits, segments, pages, new Pace(pace), link);
      return store;
    } catch (error) {
      await link.link.close();
      throw error;
    }
  }

  /** `visitor` is who the ledger will say it was; nobody for what looks and leaves no trace. */
  openMaildrop(name: string, visitor?: LedgerActor): Snapshot {
    const row = this.#maildropOf(name);
    this.#snapshots.add(row.id, row.change);
    const after = (): AfterRetrieval | undefined => this.#afterRetrieval(name, row.id);
    const left = (removed: boolean): void => {
      this.#snapshots.remove(row.id, row.change);
      this.#upkeep.left(row.id, name, removed);
    };
    return new Snapshot(this.#snapshotRoom, row, after, left, visitor);
  }

  beginDelivery(envelope: Envelope): Delivery {
    return new IncomingLetter(this.#deliveryRoom, envelope);
  }

  /**
   * Begins a letter of the office to the owner of a maildrop: it is placed whatever the quota says. With a `level`, in percent, it is
   * about that level of the quota, which the owner then has been told of.
   */
  beginNotice(recipient: Omit<Recipient, 'group'>, level?: number): Delivery {
    const envelope = { returnPath: '', recipients: [recipient] };
    return new IncomingLetter(this.#deliveryRoom, envelope, { notice: { ...(level !== undefined && { level }) } });
  }

  /** No, when there is not and all that was expunged has been destroyed; what can be destroyed yet is room too. */
  hasRoom(octets: number): MaybePromise<boolean> {
    return this.#hasRoom(octets + this.#reservations.octets);
  }

  reserve(octets: number, guessed?: boolean): Reservation {
    return this.#reservations.begin(octets, guessed);
  }

  /** What a maildrop holds, and may hold (undefined for no limit). Throws `no-maildrop`. */
  usage(name: string): MaildropUsage {
    const usage = this.#read(() => this.#usage(name));
    if (!usage) throw noMaildrop(name);
    return usage;
  }

  /** Those that have reached a level of their quota, and whose owners have not been written about it yet; by name, behind `after`. */
  dueWarnings(after: string, limit: number): readonly DueWarning[] {
    return this.#read(() => this.#quotaLevels.due(after, limit));
  }

  /** How many maildrops have reached each level of their quotas, and no higher one. */
  quotaLevels(): ReadonlyMap<number, number> {
    return this.#read(() => this.#quotaLevels.counts());
  }

  async undelete(name: string, choice: UndeleteChoice, by: Actor): Promise<number> {
    const { since = Number.MIN_SAFE_INTEGER, session, newUniqueIds: renamed = false } = choice;
    const uniqueIds = choice.uniqueIds && [...choice.uniqueIds];
    return this.#link.order<'undelete'>({
      type: 'undelete',
      name,
      since,
      uniqueIds,
      session,
      renamed,
      time: this.#now(),
      by: { account: by.account, session: by.session, address: by.address },
    });
  }

  /**
   * Takes note of what sessions are told from now on of how long letters are kept: to be called before any is. What they
   * were told before goes on to count for the letters that are there.
   */
  async announceRetention(): Promise<void> {
    const days = announcedDays(this.#limits.retention);
    await this.#link.order<'retention'>({ type: 'retention', days, time: this.#now() });
  }

  /** What accounts have of their own in what CAPA tells, each once; there is always one that has nothing of its own where an account has not. */
  ownTerms(): readonly OwnTerms[] {
    return this.#read(() => this.#accounts.terms());
  }

  /** What {@link undelete} would bring back now. Rejects with a StoreError. */
  async expunged(name: string, choice: Omit<UndeleteChoice, 'newUniqueIds'>): Promise<ExpungedLetters> {
    const read = <T>(look: (departed: DepartedReads) => T): T => this.#read(() => look(this.#departed));
    return expungedLetters({ read, turns: this.#turns }, this.#maildropOf(name), choice);
  }

  purge(before: number): Promise<number> {
    return this.#upkeep.purge({ before });
  }

  /** The same of one maildrop. */
  async purgeMaildrop(name: string, before: number): Promise<number> {
    return this.#upkeep.purge({ before, maildrop: this.#maildropOf(name).id });
  }

  /** What a purge would destroy now, of one maildrop or of all. */
  async purgeForecast(before: number, name?: string): Promise<PurgeForecast> {
    return this.#upkeep.forecast({ before, ...(name !== undefined && { maildrop: this.#maildropOf(name).id }) });
  }

  /** Since when what is expunged can be brought back, in milliseconds since 1970. */
  get keptSince(): number {
    return this.#now() - this.#limits.undelete;
  }

  /** Moves what lives in segments that are mostly dead, and gives their room back. */
  compact(deadShare: number = this.#limits.deadShare): Promise<CompactReport> {
    return this.#upkeep.compact(deadShare);
  }

  /**
   * What is to be done now and then (once an hour, say): destroys what can be brought back no longer, gives its room
   * back, and sees to it that there is room for removing letters on a full disk.
   */
  maintain(): Promise<MaintainReport> {
    return this.#upkeep.maintain();
  }

  /** Copies all of it into a folder that is not there yet, or brings an earlier backup up to date, while mail flows. Rejects with TargetNotEmpty or a StoreError. */
  backup(target: string): Promise<BackupReport> {
    return backUp(this.#deliveryRoom.data, this.#link, target);
  }

  byName(name: string): Account | undefined {
    return this.#read(() => this.#accounts.byName(name));
  }

  byAddress(address: string): Account | undefined {
    return this.#read(() => this.#accounts.byAddress(address));
  }

  servesDomain(domain: string): boolean {
    return this.#read(() => this.#accounts.servesDomain(domain));
  }

  async list(): Promise<readonly Account[]> {
    const accounts: Account[] = [];
    for (;;) {
      const slice = this.#read(() => this.#accounts.slice(accounts.at(-1)?.name ?? '', SLICE));
      accounts.push(...slice);
      if (slice.length < SLICE) return accounts;
      await this.#turns.next();
    }
  }

  first(): Account | undefined {
    return this.#read(() => this.#accounts.first());
  }

  async add(account: NewAccount): Promise<Account> {
    const { name, addresses, passwordHash } = account;
    await this.#link.order<'add-account'>({ type: 'add-account', name, addresses, passwordHash, time: this.#now() });
    const added = this.byName(name);
    if (!added) throw new StoreError('temporary', `account ${JSON.stringify(name)} was removed at once`);
    return added;
  }

  async setPassword(name: string, passwordHash: string): Promise<void> {
    await this.#link.order<'set-password'>({ type: 'set-password', name, passwordHash, time: this.#now() });
  }

  async setDisabled(name: string, disabled: boolean): Promise<void> {
    await this.#link.order<'set-disabled'>({ type: 'set-disabled', name, disabled, time: this.#now() });
  }

  async editPolicy(name: string, edit: PolicyEdit): Promise<void> {
    await this.#link.order<'edit-policy'>({ type: 'edit-policy', name, edit, time: this.#now() });
  }

  async remove(name: string): Promise<void> {
    await this.#link.order<'remove-account'>({ type: 'remove-account', name });
  }

  deviceByDigest(digest: string): Device | undefined {
    return this.#read(() => this.#devices.byDigest(digest));
  }

  devices(account: string): readonly Device[] {
    return this.#read(() => this.#devices.of(account));
  }

  async addDevice(device: DeviceRow): Promise<void> {
    await this.#link.order<'add-device'>({ type: 'add-device', device });
  }

  revokeDevice(account: string, label: string): Promise<boolean> {
    return this.#link.order<'revoke-device'>({ type: 'revoke-device', account, label });
  }

  async noteDeviceUse(uses: readonly NotedUse[]): Promise<void> {
    await this.#link.order<'note-devices'>({ type: 'note-devices', uses });
  }

  alias(address: string): Alias | undefined {
    return this.#read(() => this.#aliases.byAddress(address));
  }

  async aliases(): Promise<readonly Alias[]> {
    const aliases: Alias[] = [];
    for (;;) {
      const slice = this.#read(() => this.#aliases.slice(aliases.at(-1), SLICE));
      aliases.push(...slice);
      if (slice.length < SLICE) return aliases;
      await this.#turns.next();
    }
  }

  async putAlias({ address, accounts }: Alias): Promise<void> {
    if (!address.includes('@') || accounts.length === 0 || new Set(accounts).size < accounts.length) {
      throw new RangeError(`${address} as an alias of ${accounts.join(', ') || 'nobody'}`);
    }
    await this.#link.order<'put-alias'>({ type: 'put-alias', alias: { address, accounts: [...accounts] } });
  }

  removeAlias(address: string): Promise<Alias | undefined> {
    return this.#link.order<'remove-alias'>({ type: 'remove-alias', address });
  }

  async setAddresses(name: string, addresses: readonly string[]): Promise<void> {
    await this.#link.order<'set-addresses'>({ type: 'set-addresses', name, addresses: [...addresses] });
  }

  imported(maildrop: string, keys: readonly string[]): ReadonlySet<string> {
    return this.#read(() => this.#imports.imported(maildrop, keys));
  }

  givenUniqueIds(maildrop: string, uniqueIds: readonly string[]): MaybePromise<ReadonlySet<string>> {
    return this.#read(() => this.#imports.givenUniqueIds(maildrop, uniqueIds));
  }

  beginImport(letter: ImportedLetter): Delivery {
    return this.#imports.begin(letter);
  }

  async status(): Promise<StoreStatus> {
    let letters = 0;
    let octets = 0;
    let last = 0;
    for (;;) {
      const slice = this.#read(() => this.#maildrops.slice(last, SLICE));
      for (const [id, count, sum] of slice) {
        last = id;
        letters += count;
        octets += sum;
      }
      if (slice.length < SLICE) break;
      await this.#turns.next();
    }
    const { segments, octets: stored, dead } = this.#read(() => this.#totals.totals());
    const accounts = this.#read(() => this.#accounts.count());
    return { accounts, letters, octets, segments, liveOctets: stored - dead, deadOctets: dead };
  }

  /** How the writer works: letters of each commit, and milliseconds. Costs nothing to look at. */
  pace(): ReturnType<Pace['read']> {
    return this.#pace.read();
  }

  /** Asks the writer itself whether a letter can be taken now. Rejects when it has stopped; nothing comes while it hangs. */
  isWritable(): Promise<boolean> {
    return this.#link.order<'room'>({ type: 'room', octets: 1, wait: false });
  }

  /** Finishes what was asked and lets go of the data folder. May be called more than once. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    try {
      const settled = this.#ledgerDesk.settle();
      if (settled instanceof Promise) await settled;
      // First, so that the writer is the last to close the index and clears its log away.
      this.#database.close();
      await this.#link.close();
    } finally {
      this.#segments.close();
      this.#lock.release();
    }
  }

  #maildropOf(name: string): MaildropRow {
    const row = this.#read(() => this.#maildrops.byName(name));
    if (!row) throw noMaildrop(name);
    return row;
  }

  /** EXPIRE 0: what was retrieved leaves at QUIT, unless it was there when sessions were told that it is kept for longer. */
  #afterRetrieval(name: string, maildrop: number): AfterRetrieval | undefined {
    return this.#read(() => {
      const account = this.#accounts.byName(name);
      if (!account) return undefined;
      const retention = retentionOf(account.policy, this.#limits.retention);
      const what = leavesAtQuit(retention) ? 'leave' : retention.expireFetched === null ? undefined : 'count';
      return what && { what, past: this.#retention.past(maildrop), now: this.#now() };
    });
  }

  /** Octets that the maildrop may hold; as many may be kept again of what has left it. */
  #quotaOf(name: string): number | null {
    return this.#read(() => this.#usage(name))?.quota?.octets ?? null;
  }

  #usage(name: string): MaildropUsage | undefined {
    const row = this.#maildrops.byName(name);
    if (!row) return undefined;
    const quota = Quota.of(this.#limits.quota, this.#accounts.policyOf(name) ?? {});
    return { count: row.count, octets: row.octets, quota };
  }

  #hasRoom(octets: number): MaybePromise<boolean> {
    if (this.#read(() => this.#deliveryRoom.space.left()) >= octets) return true;
    return this.#link.order<'room'>({ type: 'room', octets, wait: false });
  }

  #read<T>(work: () => T): T {
    if (this.#closing !== undefined) throw new StoreError('temporary', 'the store is closed');
    try {
      return work();
    } catch (error) {
      throw storeErrorOf(error);
    }
  }
}

function unusable(root: string, error: unknown): StoreError {
  const why = error instanceof Error ? error.message : String(error);
  return new StoreError(
    'permanent',
    `${root} cannot be used as a data folder (${why}): make it this user's own, or choose another`,
    { cause: error },
  );
}

/** Rows of one look at the index. */
const SLICE = 1_000;

function noMaildrop(name: string): StoreError {
  return new StoreError('no-maildrop', `there is no maildrop ${JSON.stringify(name)}`);
}
