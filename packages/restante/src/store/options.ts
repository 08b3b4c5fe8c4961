import type { StoreError } from '@restante/pop/maildrop';
import type { FaultPlan } from './faults.ts';
import type { DueWarning } from './index/sqlite/quota-levels.ts';
import type { StoreLimits } from './limits.ts';

export interface StoreOptions {
  /** The data folder; made when it is not there. */
  readonly data: string;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly limits?: Partial<StoreLimits>;
  /** So many random octets, for unique-ids. */
  readonly random?: (octets: number) => Uint8Array;
  /** Told once, if the writer's thread ends before the store is closed: from then on nothing can be stored. */
  readonly onStopped?: (error: StoreError) => void;
  /** Told of maildrops that have reached a level of their quotas: their owners are to be written to, see {@link DurableStore.beginNotice}. */
  readonly onFilled?: (due: readonly DueWarning[]) => void;
  /** Told of what could not be written into the ledger of a session that had broken off, and waits for nobody. */
  readonly onUnrecorded?: (error: unknown) => void;
  /** Whether the delay of the writer's event loop is watched, for {@link DurableStore.writerDelay}; default no. */
  readonly watchDelay?: boolean;
  /** For tests only. */
  readonly faults?: FaultPlan;
  /** For tests only: the free octets of the disk, as a 64-bit number that may be changed while the store is open. */
  readonly pretendFree?: SharedArrayBuffer;
}

export interface StoreStatus {
  readonly accounts: number;
  readonly letters: number;
  /** Of those letters. */
  readonly octets: number;
  readonly segments: number;
  /** Octets in segments that belong to letters that are there or can be brought back, and those that do not. */
  readonly liveOctets: number;
  readonly deadOctets: number;
}
