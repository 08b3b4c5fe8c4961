import type { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Actor, StoreErrorKind } from '@restante/pop/maildrop';
import type { Alias } from '../../accounts/alias.ts';
import type { DeviceRow, NotedUse } from '../../accounts/device.ts';
import type { PolicyEdit } from '../../accounts/policy.ts';
import type { FaultPlan } from '../faults.ts';
import type { NewEntry, NewPart } from '../index/sqlite/ledger.ts';
import type { DueWarning } from '../index/sqlite/quota-levels.ts';
import type { LedgerPolls } from '../ledger/entry.ts';
import type { ContentFacts } from '../letters/measure.ts';
import type { StoreLimits } from '../limits.ts';
import type { PaceMemory } from './pace.ts';

/** How late a thread's event loop is, in nanoseconds, read from any thread. */
export type EventLoopDelay = ReturnType<typeof monitorEventLoopDelay>;

/** How often the delay of an event loop is measured, in milliseconds; each measure has them in it. */
export const DELAY_RESOLUTION = 20;

/** What the writer's thread is started with. */
export interface WriterData {
  readonly data: string;
  readonly limits: StoreLimits;
  /** The memory that letters are gathered in. */
  readonly pages: SharedArrayBuffer;
  readonly faults: FaultPlan;
  /** Where the writer counts its commits. */
  readonly pace?: PaceMemory;
  /** Whether the delay of the thread's event loop is to be watched. */
  readonly watchDelay?: boolean;
  /** Free octets of the disk as a test pretends them; absent means asking the system. */
  readonly pretendFree?: SharedArrayBuffer;
}

/** A letter's place for one recipient, worked out before the writer sees it. */
export interface OrderedPlacement {
  readonly maildrop: string;
  /** Placements of the same group are entered all or none. */
  readonly group: number;
  readonly uniqueId: string;
  readonly traceDistance: number;
  readonly traceOctets: number;
  readonly traceCheck: number;
  readonly traceDotted: boolean;
}

/** What makes a delivery an import. */
export interface OrderedImport {
  /** Of its key: lower hex. */
  readonly digest: string;
  /** Whether its unique-id comes from elsewhere. */
  readonly given: boolean;
  /** When it came here, in milliseconds since 1970: its time of arrival is that of the letter elsewhere. */
  readonly placed: number;
}

/** What makes a delivery a letter of the office itself: no quota keeps it out. */
export interface OrderedNotice {
  /** Of one that says how full the maildrop is: the level that it is about, in percent. */
  readonly level?: number;
}

/** An entry of the ledger as the session that it is about knows it. */
export interface OrderedEntry extends NewEntry {
  /** How it ends when all of the order is done. */
  readonly end: string;
  /** What was fetched. */
  readonly parts: readonly NewPart[];
  /** Whether an order of the same session failed, which may have begun an entry: that one is gone on with. */
  readonly again: boolean;
}

/** What a network thread asks of the writer. Each is answered once, by its id. */
export type Order =
  | {
      readonly type: 'deliver';
      readonly id: number;
      /** The pages that have the whole record, or the name of the staged file that has it. */
      readonly record: readonly number[] | string;
      readonly octets: number;
      readonly traces: number;
      readonly content: ContentFacts;
      readonly placements: readonly OrderedPlacement[];
      /** Of arrival. */
      readonly time: number;
      /** Of a letter with one placement. */
      readonly import?: OrderedImport;
      readonly notice?: OrderedNotice;
    }
  | {
      readonly type: 'expunge';
      readonly id: number;
      readonly maildrop: number;
      readonly ordinals: Float64Array;
      readonly time: number;
      readonly by: Actor;
      /** What the ledger says of it besides the letters that leave; absent: no more than {@link by}. */
      readonly entry?: OrderedEntry;
    }
  /** Enters in the ledger what a session that has ended had fetched. */
  | { readonly type: 'record'; readonly id: number; readonly maildrop: number; readonly entry: OrderedEntry }
  /** Counts sessions that fetched and removed nothing. */
  | {
      readonly type: 'count-polls';
      readonly id: number;
      readonly polls: readonly (LedgerPolls & { maildrop: number })[];
    }
  /** Forgets what the ledger says of the time before. */
  | { readonly type: 'forget-ledger'; readonly id: number; readonly before: number }
  | {
      readonly type: 'undelete';
      readonly id: number;
      readonly name: string;
      readonly since: number;
      readonly uniqueIds: readonly string[] | undefined;
      /** The session that expunged them. */
      readonly session: string | undefined;
      /** Whether each comes back as a letter that no client knows. */
      readonly renamed: boolean;
      readonly time: number;
      readonly by?: Actor;
    }
  | {
      readonly type: 'purge';
      readonly id: number;
      readonly before: number;
      /** When this is. */
      readonly time: number;
      /** The last departure that was committed when {@link snapshots} were looked at. */
      readonly lastDeparture: number;
      /** The change numbers of the open snapshots, by maildrop. */
      readonly snapshots: ReadonlyMap<number, readonly number[]>;
      /** Of one maildrop only; with `keep` the oldest, until no more than so many octets can be brought back. */
      readonly of?: { readonly maildrop: number; readonly keep?: number };
    }
  | { readonly type: 'compact'; readonly id: number; readonly deadShare: number }
  | {
      readonly type: 'add-account';
      readonly id: number;
      readonly name: string;
      readonly addresses: readonly string[];
      readonly passwordHash: string;
      readonly time: number;
    }
  | {
      readonly type: 'set-password';
      readonly id: number;
      readonly name: string;
      readonly passwordHash: string;
      readonly time: number;
    }
  | {
      readonly type: 'set-disabled';
      readonly id: number;
      readonly name: string;
      readonly disabled: boolean;
      readonly time: number;
    }
  | {
      readonly type: 'edit-policy';
      readonly id: number;
      readonly name: string;
      readonly edit: PolicyEdit;
      readonly time: number;
    }
  | { readonly type: 'remove-account'; readonly id: number; readonly name: string }
  | {
      readonly type: 'set-addresses';
      readonly id: number;
      readonly name: string;
      readonly addresses: readonly string[];
    }
  | { readonly type: 'put-alias'; readonly id: number; readonly alias: Alias }
  | { readonly type: 'remove-alias'; readonly id: number; readonly address: string }
  /** Letters that were retrieved, where their days count from that. */
  | {
      readonly type: 'fetched';
      readonly id: number;
      readonly maildrop: number;
      readonly ordinals: Float64Array;
      readonly time: number;
    }
  /** What the settings say of how long letters are kept is in force. */
  | { readonly type: 'retention'; readonly id: number; readonly days: number | null; readonly time: number }
  | { readonly type: 'add-device'; readonly id: number; readonly device: DeviceRow }
  | { readonly type: 'revoke-device'; readonly id: number; readonly account: string; readonly label: string }
  | { readonly type: 'note-devices'; readonly id: number; readonly uses: readonly NotedUse[] }
  /** The unique-ids that the maildrop's letters have are entered among the given ones. */
  | { readonly type: 'list-ids'; readonly id: number; readonly name: string }
  /** No file is removed between `pin` and `unpin`. */
  | { readonly type: 'pin'; readonly id: number }
  /** The reserve file is made, if it is not there and there is room for it. */
  | { readonly type: 'set-aside'; readonly id: number }
  /** The next letter begins a new segment, so that those there are change no more. */
  | { readonly type: 'seal'; readonly id: number }
  | { readonly type: 'unpin'; readonly id: number }
  /**
   * Whether there is room for so many octets. With `wait` what was expunged is destroyed first, if need be; without, the
   * answer is yes as long as that has not been tried.
   */
  | { readonly type: 'room'; readonly id: number; readonly octets: number; readonly wait: boolean }
  /** All was destroyed that could be to make room: letters that still have none are refused. */
  | { readonly type: 'relieved'; readonly id: number }
  | { readonly type: 'close'; readonly id: number };

export type OrderType = Order['type'];
export type OrderOf<Type extends OrderType> = Extract<Order, { readonly type: Type }>;

/** For each placement of a delivery, in its order: placed as ordered, not placed, or placed as something else. */
export type DeliverResult = readonly (undefined | Failure | PlacedAs)[];

/** The letter has another place in the maildrop: that of an earlier placement, or of its import before this one. */
export interface PlacedAs {
  readonly type: 'placed-as';
  readonly uniqueId: string;
  readonly octets: number;
}

/** What each order is answered with. */
export interface Results {
  deliver: DeliverResult;
  expunge: undefined;
  record: undefined;
  'count-polls': undefined;
  'forget-ledger': undefined;
  undelete: number;
  purge: number;
  compact: CompactReport;
  'add-account': undefined;
  'set-password': undefined;
  'set-disabled': undefined;
  'edit-policy': undefined;
  retention: undefined;
  fetched: undefined;
  'remove-account': undefined;
  'set-addresses': undefined;
  'put-alias': undefined;
  'remove-alias': Alias | undefined;
  'add-device': undefined;
  'revoke-device': boolean;
  'note-devices': undefined;
  'list-ids': undefined;
  pin: undefined;
  'set-aside': undefined;
  seal: undefined;
  unpin: undefined;
  room: boolean;
  relieved: undefined;
  close: undefined;
}

export interface CompactReport {
  /** Segments that were dropped after what lived in them had been moved. */
  readonly segments: number;
  /** Octets of the disk that this gave back. */
  readonly octets: number;
  /** Segments that could not be emptied since a record in them is damaged. */
  readonly damaged: number;
  /** Octets that mail may still take; negative when the reserve has been touched. */
  readonly left: number;
}

/** An error that crosses the threads. */
export type Failure =
  | { readonly type: 'store'; readonly kind: StoreErrorKind; readonly message: string }
  | { readonly type: 'account-exists' | 'no-account'; readonly message: string };

export type Answer =
  | { readonly type: 'done'; readonly id: number; readonly result: Results[OrderType] }
  | { readonly type: 'failed'; readonly id: number; readonly failure: Failure };

/** What the writer says of its own accord. */
export type Report =
  | { readonly type: 'answers'; readonly answers: readonly Answer[] }
  /** `delay`: how late the thread's event loop is, in nanoseconds, as long as the thread lives; see WriterData. */
  | { readonly type: 'ready'; readonly swept: SweptReport; readonly delay?: EventLoopDelay }
  | { readonly type: 'refused'; readonly failure: Failure }
  /** Letters wait for room: expunged ones are to be destroyed, the oldest first. */
  | { readonly type: 'pressed' }
  /** Maildrops have reached levels of their quotas: their owners are to be written to. */
  | { readonly type: 'filled'; readonly due: readonly DueWarning[] }
  | { readonly type: 'dropped'; readonly segments: readonly number[] };

export interface SweptReport {
  readonly removed: number;
  readonly tail: number;
  readonly damaged: readonly number[];
}
