import type { AccountPolicy } from './policy.ts';

/** How long letters are kept that their owner does not delete. */
export interface Retention {
  /**
   * Days after its arrival here that a letter is removed; `null` for never. 0: a letter leaves when the session that retrieved it ends
   * with QUIT, and only then (RFC 2449 §6.7, EXT-27).
   */
  readonly expire: number | null;
  /** Days after it was first fetched; `null` for never; 0 as above. */
  readonly expireFetched: number | null;
}

/** What is true of an account, where the settings say this for all. */
export function retentionOf(policy: AccountPolicy, settings: Retention): Retention {
  const { expire = settings.expire, expireFetched = settings.expireFetched } = policy;
  return { expire, expireFetched };
}

/** The days that EXPIRE announces: a letter may be fetched on the day it comes. `null`: never (EXT-25). */
export function announcedDays({ expire, expireFetched }: Retention): number | null {
  return expire === null || expireFetched === null ? (expire ?? expireFetched) : Math.min(expire, expireFetched);
}

/** Whether a letter that was retrieved leaves at QUIT. */
export function leavesAtQuit(retention: Retention): boolean {
  return announcedDays(retention) === 0;
}

/** What sessions were told before, when the number of days was larger. */
export interface PastRetention {
  /** `null`: never. */
  readonly days: number | null;
  /** Until when, in milliseconds since 1970. */
  readonly last: number;
}

/** In milliseconds. */
export const DAY = 24 * 60 * 60 * 1000;

/**
 * Until when a letter is kept that came at `arrived`, in milliseconds since 1970: for the days that are announced, and for those that
 * were announced at any time while it was here, so that a shorter EXPIRE never takes back what a client was told. Where no
 * letter was to be removed, there is no day that could be waited for: the days count from the change on.
 */
export function keptUntil(arrived: number, days: number, past: readonly PastRetention[]): number {
  let until = arrived + days * DAY;
  for (const told of past) {
    if (arrived >= told.last) continue;
    until = Math.max(until, told.days === null ? told.last + days * DAY : arrived + told.days * DAY);
  }
  return until;
}
