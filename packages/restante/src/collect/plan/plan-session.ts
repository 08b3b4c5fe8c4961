import { longGone } from '../journal/forget.ts';
import type { Change, LetterRecord } from '../journal/journal.ts';
import { isFirstRun } from './first-run.ts';
import { Keys } from './identity.ts';
import { Letters } from './letters.ts';
import { Matching } from './matching.ts';
import { withoutNumbers } from './numbered.ts';
import { tidy } from './passing.ts';
import type { ListedLetter, Plan, Situation, Wanted } from './plan.ts';
import { policyWarnings } from './policy.ts';
import type { Recognition } from './recognised.ts';
import { recognise } from './recognition.ts';
import { judge } from './trust.ts';
import { sizesWanted } from './wanted-sizes.ts';

/**
 * Works out what is to be done in a session, from what is known alone: asks nobody, changes nothing. Answers what it has
 * to know first, if anything; then it is asked again with that. It never wants more than sizes once, and headers three
 * times.
 */
export function planSession(asked: Situation): Plan | Wanted {
  const keys = new Keys(() => asked.records.map(({ key }) => key));
  const tidied = tidy(asked.records, keys, asked.now);
  const { records } = tidied;
  const read = withoutNumbers({ ...asked, records, listing: byNumber(asked.listing) });
  if (areNumbers(read)) return headersWanted(read, 'to know whether unique-ids are message-numbers');
  const situation = { ...asked, records, listing: read };
  const { listing, facts, policy, now, headers } = situation;

  const matching = new Matching(situation);
  matching.byUniqueId();
  const sizes = sizesWanted(situation, matching);
  if (sizes.length > 0) return { type: 'wanted', sizes, headers: [], why: 'their sizes are not known' };
  const recognition = recognise(situation, matching);
  if (!('identities' in recognition)) return headersWanted(recognition, 'to know letters again');
  const { identities, unrecognised } = recognition;
  if (isFirstRun(situation) && policy.firstRun.type === 'since') {
    const undated = listing.filter((_, index) => identities[index]?.type === 'new').map(({ number }) => number);
    const unseen = undated.filter((number) => !headers.has(number));
    if (unseen.length > 0) return headersWanted(unseen, 'to know when letters came');
  }

  const { whole, believed, facts: judged, warnings } = judge(situation, recognition);
  const letters = new Letters(situation, keys, tidied.failedSizes, whole);
  for (let index = 0; index < listing.length; index++) {
    letters.decide(
      listing[index] as ListedLetter,
      identities[index] as Recognition['identities'][0],
      listing.length - index,
    );
  }
  return {
    type: 'plan',
    changes: [...tidied.changes, ...(believed ? partings(records, recognition, now) : []), ...letters.changes],
    facts: { ...judged, ...(facts.begun === undefined && whole && { begun: now }) },
    steps: letters.order.steps(policy),
    unrecognised: [...unrecognised, ...letters.compared],
    recognised: letters.recognised,
    warnings: [...warnings, ...otherWarnings(situation, recognition)],
  };
}

/** What a listing that is believed says of letters that are not in it. */
function partings(
  records: readonly LetterRecord[],
  { identities, lost, unrecognised }: Recognition,
  now: number,
): Change[] {
  const changes: Change[] = [];
  // What is staged has to be settled first.
  for (const { key, state } of lost) if (state !== 'staged') changes.push({ type: 'gone', key, at: now });
  const old = longGone(records, { now, listed: identities.length });
  if (old.length === 0) return changes;
  const here = new Set(unrecognised);
  for (const identity of identities) if (identity.type === 'known') here.add(identity.record);
  for (const record of old) if (!here.has(record)) changes.push({ type: 'forgotten', key: record.key });
  return changes;
}

function otherWarnings({ policy, expire, facts, destination, listing }: Situation, recognition: Recognition): string[] {
  const warnings = policyWarnings(policy, expire);
  if (facts.destination !== undefined && facts.destination !== destination) {
    warnings.push(
      `letters were kept in ${facts.destination} before: those are not fetched again, only new ones go to ${destination}`,
    );
  }
  const { identities } = recognition;
  let unread = 0;
  for (let index = 0; index < listing.length; index++) {
    if (identities[index]?.type === 'unread' && listing[index]?.uniqueId === undefined) unread++;
  }
  if (unread > 0 && policy.afterwards.type !== 'delete') {
    warnings.push(
      `${unread} letters have no unique-id and no header to be known by: they are read in every run, which deleting them would end`,
    );
  }
  return warnings;
}

function areNumbers(listing: readonly ListedLetter[] | readonly number[]): listing is readonly number[] {
  return typeof listing[0] === 'number';
}

function headersWanted(numbers: readonly number[], why: string): Wanted {
  return { type: 'wanted', sizes: [], headers: numbers, why };
}

function byNumber(listing: readonly ListedLetter[]): readonly ListedLetter[] {
  const isSorted = listing.every(
    ({ number }, index) => index === 0 || (listing[index - 1] as ListedLetter).number < number,
  );
  return isSorted ? listing : listing.toSorted((one, other) => one.number - other.number);
}
