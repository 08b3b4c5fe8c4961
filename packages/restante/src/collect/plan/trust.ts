import type { MailboxFacts } from '../journal/journal.ts';
import { count, isExpected } from './certainty.ts';
import type { Situation } from './plan.ts';
import type { Recognition } from './recognised.ts';

/** Milliseconds for which a listing is doubted: when it has been so for this long, it is believed. */
const DOUBT = 24 * 60 * 60 * 1000;

/** Letters of which most may leave at once without being missed. */
const FEW = 10;

export interface Judgement {
  /** Whether every letter of the maildrop is in the listing. */
  readonly whole: boolean;
  /** Whether what is missing in it may be taken for gone. */
  readonly believed: boolean;
  readonly facts: Partial<MailboxFacts>;
  readonly warnings: readonly string[];
}

/**
 * Whether a listing is to be believed that letters are gone. Those that were deleted here are expected to be.
 *
 * - One that is shorter than STAT says is never believed, nor one in which some letters have no unique-id while such as had
 *   one are missing: it is not whole. Every run says so.
 * - One in which all letters are missing, or most of at least ten, is doubted, and believed when every listing of a day
 *   has said so: the owner may have emptied the maildrop elsewhere. The first run says so.
 * - Every other is believed.
 */
export function judge(
  { listing, counted, facts, now, records }: Situation,
  { identities, lost }: Recognition,
): Judgement {
  const letters = listing.length;
  const warnings: string[] = [];
  if (counted !== undefined && counted !== letters) {
    warnings.push(`the server counts ${counted} letters and lists ${letters}: no letter is taken for gone in this run`);
  } else if (
    lost.some(({ uniqueId }) => uniqueId !== undefined) &&
    listing.some(({ uniqueId }) => uniqueId !== undefined)
  ) {
    const nameless = count([...listing.keys()], (index) => {
      return listing[index]?.uniqueId === undefined && identities[index]?.type !== 'known';
    });
    if (nameless > 0) {
      warnings.push(`${nameless} letters are listed without a unique-id: no letter is taken for gone in this run`);
    }
  }
  if (warnings.length > 0) return { whole: false, believed: false, facts: {}, warnings };

  const missing = count(lost, isExpected);
  const isOdd = missing > 0 && (letters === 0 || (missing >= FEW && missing > count(records, isExpected) / 2));
  // A time that is still to come is one of a clock that was wrong.
  const since = facts.doubted === undefined ? undefined : Math.min(facts.doubted, now);
  if (!isOdd || (since !== undefined && now - since >= DOUBT)) {
    return { whole: true, believed: true, facts: { lastListed: letters, doubted: undefined }, warnings };
  }
  if (since === undefined) {
    warnings.push(
      `${missing} letters that were there are missing at once: they are taken for gone when that has been so for a day`,
    );
  }
  return { whole: true, believed: false, facts: { doubted: since ?? now }, warnings };
}
