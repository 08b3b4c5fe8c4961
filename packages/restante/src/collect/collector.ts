import type { AccountReport } from './event.ts';
import type { CollectSurroundings, CollectTask } from './task.ts';

export interface CollectorOptions extends CollectSurroundings {
  readonly accounts: readonly CollectTask[];
  /** Accounts that are called for at once at most; default 8. */
  readonly parallel?: number;
  /** …and at one host; default 2. */
  readonly perHost?: number;
  /** Milliseconds from one call for an account to its next; absent: each is called for once. */
  readonly every?: number;
  /** By how much of `every` a call may come later, from 0 to 1, so that not all come at once; default 0.1. */
  readonly jitter?: number;
  /** Told of each call's end. */
  readonly finished?: (task: CollectTask, report: AccountReport) => void;
}

/**
 * Collects the mail of many accounts side by side. Resolves to the last report of each, in the order in which they were
 * given: when each was called for once, or with `every` when `signal` ends it. Never rejects.
 */
export async function collectAll(_options: CollectorOptions): Promise<readonly AccountReport[]> {
  throw new Error('not there yet');
}
