import type { AccountReport } from './event.ts';
import { lastingClock } from './run/lasting-clock.ts';
import { Places } from './run/places.ts';
import { Stop } from './run/stop.ts';
import { collectAccount } from './run.ts';
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
export async function collectAll(options: CollectorOptions): Promise<readonly AccountReport[]> {
  const { accounts, parallel = 8, perHost = 2, clock = lastingClock, signal } = options;
  const places = new Places({ all: parallel, each: perHost });
  const stop = new Stop(signal, clock);
  try {
    return await Promise.all(accounts.map((task, index) => collectAgainAndAgain(task, index)));
  } finally {
    stop.close();
  }

  async function collectAgainAndAgain(task: CollectTask, index: number): Promise<AccountReport> {
    const { every, random = Math.random, jitter = 0.1 } = options;
    // Those who begin together go on together: the first call is spread as well, but for the first few.
    if (every !== undefined && index >= parallel) await stop.wait(every * jitter * random());
    for (;;) {
      const began = clock.now();
      const report = await places.take(hostOf(task), () => collectAccount({ ...task, ...options }));
      options.finished?.(task, report);
      if (every === undefined || stop.asked) return report;
      const pause = every * (1 + jitter * random());
      const now = clock.now();
      // A clock that was set meanwhile says nothing of how long the call took.
      const took = Math.max(0, now - began);
      await stop.wait(Math.max(0, pause - took, (report.notBefore ?? 0) - now));
      if (stop.asked) return report;
    }
  }
}

/** Hosts are the same however they are written. */
function hostOf({ account }: CollectTask): string {
  return account.server.host.toLowerCase().replace(/\.$/, '');
}
