import type { Change, Journal, LetterState } from '../journal/journal.ts';
import { uniqueIdKey } from '../plan/identity.ts';
import type { KeptElsewhere, Program } from './elsewhere.ts';

/** Letters that are written in one transaction. */
const SLICE = 10_000;

/** Letters that the journal may believe to be kept by another program; of all others it knows more than that. */
const NOT_KEPT_HERE: ReadonlySet<LetterState> = new Set(['listed', 'fetching', 'skipped', 'held', 'given-up']);

export interface Adopted {
  /** Letters that count as kept from now on. */
  readonly adopted: number;
  /** Letters of the list of which the journal knew as much before. */
  readonly known: number;
}

/**
 * Writes into the journal that another program has these letters: they are not fetched. Nothing proves what it has, so
 * they are not deleted either, unless somebody says so. The maildrop counts as seen before: what is there besides has
 * come since, and is fetched whatever is said of a first run. Told twice it changes nothing.
 *
 * @param now - milliseconds since 1970
 */
export function adopt(journal: Journal, { letters }: KeptElsewhere, program: Program, now: number): Adopted {
  const changes: Change[] = [];
  for (const [uniqueId, time] of letters) {
    const key = uniqueIdKey(uniqueId);
    const state = journal.letter(key)?.state;
    if (state !== undefined && !NOT_KEPT_HERE.has(state)) continue;
    const at = Math.min(time ?? now, now);
    changes.push({ type: 'adopted', key, uniqueId, at, why: `${program} has it` });
  }
  for (let from = 0; from < changes.length; from += SLICE) journal.write(changes.slice(from, from + SLICE));
  journal.write([], { begun: journal.facts.begun ?? now });
  return { adopted: changes.length, known: letters.size - changes.length };
}
