import { isPassingKey } from '../plan/identity.ts';
import type { Change, Journal, LetterRecord } from './journal.ts';

const YEAR = 365 * 86_400_000;
/** A maildrop that is emptied every day has more than that in a year; letters that come back have not been gone for long. */
const MOST = 50_000;
/** Letters that are forgotten in one transaction. */
const SLICE = 10_000;

export interface Forgetting {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Letters in the listing that was believed. */
  readonly listed: number;
  /** How long a letter that is gone is remembered, in milliseconds; default a year. */
  readonly after?: number;
  /** How many that are gone are remembered at most, those that went last; default 50,000. */
  readonly most?: number;
}

/**
 * Forgets letters that have long been gone from the server, so that the journal does not grow for ever. What is gone is
 * remembered for a time, since servers bring letters back: one that is forgotten would be fetched once more. To be called
 * after a listing that was believed; one with nothing in it is reason to forget nothing. Answers how many were forgotten.
 */
export function forgetGone(journal: Journal, { now, listed, after = YEAR, most = MOST }: Forgetting): number {
  if (listed === 0) return 0;
  const goneAt = (letter: LetterRecord) => (isPassingKey(letter.key) ? Number.NEGATIVE_INFINITY : (letter.gone ?? now));
  const gone = [...journal.letters()].filter(({ state }) => state === 'gone').sort((a, b) => goneAt(b) - goneAt(a));
  // A key that was good for one session is never listed again.
  const kept = gone.findIndex((letter, index) => index >= most || goneAt(letter) <= now - after);
  if (kept === -1) return 0;
  const changes = gone.slice(kept).map(({ key }): Change => ({ type: 'forgotten', key }));
  for (let from = 0; from < changes.length; from += SLICE) journal.write(changes.slice(from, from + SLICE));
  return changes.length;
}
