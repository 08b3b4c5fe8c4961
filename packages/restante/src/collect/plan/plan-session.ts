import type { Change, LetterRecord } from '../journal/journal.ts';
import { passingKey, uniqueIdKey } from './identity.ts';
import type { ListedLetter, Plan, Situation, Step, Wanted } from './plan.ts';

/**
 * Works out what is to be done in a session, from what is known alone: asks nobody, changes nothing. Answers what it has
 * to know first, if anything; then it is asked again with that.
 */
export function planSession(situation: Situation): Plan | Wanted {
  const { listing, records, policy, now } = situation;
  const known = new Map<string, LetterRecord>();
  for (const record of records) if (record.uniqueId !== undefined) known.set(record.uniqueId, record);
  const unknown = listing.filter(({ uniqueId }) => uniqueId === undefined || !known.has(uniqueId));
  const unsized = unknown.filter(({ octets }) => octets === undefined).map(({ number }) => number);
  if (unsized.length > 0 && !situation.sized) {
    return { type: 'wanted', sizes: sizesOf(unsized, listing.length), headers: [], why: 'their sizes' };
  }

  const changes: Change[] = [];
  const steps: Step[] = [];
  for (const letter of listing) {
    const { number, uniqueId, octets } = letter;
    const record = uniqueId === undefined ? undefined : known.get(uniqueId);
    if (record === undefined) {
      const key = uniqueId === undefined ? passingKey(now, number) : uniqueIdKey(uniqueId);
      changes.push({ type: 'listed', key, uniqueId, declaredOctets: octets, at: now });
      steps.push(fetch(letter, key, uniqueId === undefined ? 'by-octets' : 'by-listing', 'new'));
      continue;
    }
    if (record.state === 'delete-sent' || record.state === 'unknown') {
      changes.push({ type: 'still-there', key: record.key });
    }
    steps.push(stepOf(letter, record));
  }
  return { type: 'plan', changes, facts: {}, steps, unrecognised: [], warnings: [] };

  function stepOf(letter: ListedLetter, record: LetterRecord): Step {
    const { key, state, kept } = record;
    if (state === 'listed' || state === 'fetching') return fetch(letter, key, 'by-listing', 'not fetched yet');
    const proven = record.sha256 !== undefined && !record.headersOnly && kept !== undefined;
    const { afterwards } = policy;
    if (proven && afterwards.type === 'delete') return { type: 'delete', letter, record, why: 'kept' };
    if (proven && afterwards.type === 'delete-after' && now - kept >= afterwards.milliseconds) {
      return { type: 'delete', letter, record, why: 'kept long enough' };
    }
    return { type: 'leave', letter, key, why: 'kept' };
  }

  function fetch(letter: ListedLetter, key: string, how: 'by-listing' | 'by-octets', why: string): Step {
    const thenDelete = policy.afterwards.type === 'delete';
    return { type: 'fetch', letter, key, part: 'whole', known: how, why, thenDelete };
  }
}

/** LIST for each, or for all: a few questions cost less than a long answer, many cost more. */
function sizesOf(numbers: readonly number[], listed: number): 'all' | readonly number[] {
  return listed > 1_000 && numbers.length <= 20 ? numbers : 'all';
}
