import { isUnfetched } from './certainty.ts';
import type { Matching } from './matching.ts';
import type { Situation, Wanted } from './plan.ts';

/** Listings of fewer letters are asked for whole: that costs no more than a few questions. */
const SHORT = 1_000;
/** Questions at most. */
const FEW = 20;

/**
 * Which sizes have to be asked for: those of letters that nobody has recognised. All, where STAT says that letters may have changed places; none, where there is nothing new:
 * a long listing costs as much as the unique-ids themselves.
 */
export function sizesWanted(situation: Situation, matching: Matching): Wanted['sizes'] {
  const { listing, countedOctets } = situation;
  if (situation.sized) return [];
  const wanted = matching.open.filter(({ letter }) => letter.octets === undefined).map(({ letter }) => letter.number);
  let octets = 0;
  let isUnsized = false;
  for (const [{ number, octets: size }, record] of matching.recognised()) {
    octets += record.declaredOctets ?? 0;
    isUnsized ||= record.declaredOctets === undefined;
    if (size === undefined && record.declaredOctets === undefined && isUnfetched(record)) wanted.push(number);
  }
  if (matching.open.length === 0 && countedOctets !== undefined && (isUnsized || octets !== countedOctets))
    return 'all';
  return wanted.length > FEW || (wanted.length > 0 && listing.length <= SHORT) ? 'all' : wanted;
}
