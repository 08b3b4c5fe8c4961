import type { Retention } from '../accounts/retention.ts';
import type { QuotaRules } from './quota.ts';

/** What the store bounds. Every one has a default that says why. */
export interface StoreLimits {
  /** Octets of the largest letter that is taken, trace fields aside. */
  readonly letter: number;
  /** Octets up to which a letter waits in memory and goes into a shared segment; a larger one is streamed to a file of its own. */
  readonly inline: number;
  /** Octets of letters in memory, all deliveries together; beyond it further letters are streamed to files at once. */
  readonly buffered: number;
  /** Octets of letters that one commit takes at most. */
  readonly batch: number;
  /** Octets at which a segment is full and the next one begins. */
  readonly segment: number;
  /** Octets of the disk that mail may not use, so that owners can still read and remove when it is full. */
  readonly reserve: number;
  /** Octets of a file that is given up when even the reserve is gone, so that letters can be removed then; 0 for none. */
  readonly reserveFile: number;
  /** The share of a segment that must be dead before its living letters are moved and it is dropped. */
  readonly deadShare: number;
  /** How long an expunged letter can be brought back, in milliseconds. */
  readonly undelete: number;
  /** What maildrops may hold. */
  readonly quota: QuotaRules;
  /** How long letters are kept where their account has no policy of its own. */
  readonly retention: Retention;
  /** How long the ledger says what became of letters, in milliseconds. */
  readonly ledger: number;
  /** Segment files kept open for reading. */
  readonly openFiles: number;
}

export const defaultStoreLimits: StoreLimits = {
  // Larger than what the big providers take (25 to 150 MB), so that nothing they pass on bounces here.
  letter: 160 * 1024 * 1024,
  // Where a file of its own (two more syncs) costs less than holding up the batch behind it.
  inline: 1024 * 1024,
  // A hundred ordinary letters per second and connection never reach it; a crowd of senders does not fill the memory.
  buffered: 24 * 1024 * 1024,
  // About 10 ms of an ordinary disk: the wait of the last letter in a batch.
  batch: 8 * 1024 * 1024,
  // Small enough that moving what lives in a half-dead one takes a second, large enough that there are few of them.
  segment: 64 * 1024 * 1024,
  // The index's log and what removes and compacts need, with a margin for other programs on the same disk.
  reserve: 64 * 1024 * 1024,
  // What the index's log grows by when some hundred thousand letters are removed.
  reserveFile: 16 * 1024 * 1024,
  deadShare: 0.5,
  undelete: 7 * 24 * 60 * 60 * 1000,
  quota: { octets: null, letters: null, grace: 10, levels: [] },
  retention: { expire: null, expireFetched: null },
  // Long enough for whoever opens the mailbox once a season; some forty octets a letter.
  ledger: 365 * 24 * 60 * 60 * 1000,
  // Well below the usual limit of 1,024 open files, which the connections need.
  openFiles: 128,
};
