import type { Pop3Client, Pop3ClientOptions } from '@restante/pop/client';
import type { MaybePromise } from '@restante/pop/maildrop';
import type { Clock } from '@restante/pop/server';
import type { CollectAccount } from './account.ts';
import type { Destination } from './destinations/destination.ts';
import type { CollectEvent } from './event.ts';
import type { Journal } from './journal/journal.ts';
import type { Plan, Situation } from './plan/plan.ts';

/** Mail that is to be called for, and where it goes. */
export interface CollectTask {
  readonly account: CollectAccount;
  /** Opens what is known of its maildrop. Throws a Failure when it cannot be had, or somebody else has it. */
  openJournal(): Journal;
  readonly destination: DestinationSource;
}

/** A destination that is opened when it is needed: `--dry-run` needs its name only. */
export interface DestinationSource {
  /** As `Destination.name` will be. */
  readonly name: string;
  /** Rejects with a Failure when it cannot be had. */
  open(): MaybePromise<Destination>;
}

/** What surrounds a run. */
export interface CollectSurroundings {
  /** Default: the system's, with timers that keep the process alive. */
  readonly clock?: Clock;
  /**
   * Ends it in good order: nothing more is fetched, what has come whole is placed, what was deleted is committed. That
   * takes seconds at most; then the connection is dropped, and nothing is lost by that.
   */
  readonly signal?: AbortSignal | undefined;
  /** Told what happens, as it happens. Must not throw. */
  readonly report?: (event: CollectEvent) => void;
  /** Nothing is fetched, deleted or written: `planned` is told what would be done. */
  readonly dryRun?: boolean;
  /**
   * Nobody is at hand who may have mended the password: a login that was refused twice in a row, or more often, is not tried
   * again before its time, however often this is run. Servers lock accounts on which too many have failed.
   */
  readonly unattended?: boolean;
  /** Told of each session's plan before it is carried out. */
  readonly planned?: (account: CollectAccount, plan: Plan, situation: Situation) => void;
  /** Calls at the server; for tests, and for proxies. */
  readonly connect?: (options: Pop3ClientOptions) => Promise<Pop3Client>;
  /** From 0 to below 1, for jitter. */
  readonly random?: () => number;
}
