import type { LetterRecord } from './journal.ts';

/** How long a letter that is gone is remembered, in milliseconds: servers bring letters back, some from last year's backup. */
export const LONGEST_REMEMBERED = 365 * 24 * 60 * 60 * 1000;
/** How many that are gone are remembered: a maildrop that is emptied every day has more than that in a year. */
const MOST = 50_000;

export interface Forgetting {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Letters in the listing, which is believed. */
  readonly listed: number;
  readonly longest?: number;
  readonly most?: number;
}

/**
 * Letters that have been gone for so long that they are forgotten, so that a journal does not grow for ever: any that came
 * back afterwards would be fetched once more. An empty listing, even one that is believed, is reason to forget nothing.
 */
export function longGone(
  records: readonly LetterRecord[],
  { now, listed, longest = LONGEST_REMEMBERED, most = MOST }: Forgetting,
): readonly LetterRecord[] {
  if (listed === 0) return [];
  const gone = records.filter(({ state }) => state === 'gone');
  if (gone.length <= most) return gone.filter((letter) => goneAt(letter, now) <= now - longest);
  gone.sort((one, other) => goneAt(other, now) - goneAt(one, now));
  return gone.filter((letter, index) => index >= most || goneAt(letter, now) <= now - longest);
}

function goneAt({ gone }: LetterRecord, now: number): number {
  return gone ?? now;
}
