import type { LetterRecord } from '../journal/journal.ts';
import { hasMoved, headersWanted } from './certainty.ts';
import type { LetterHeader } from './fingerprint.ts';
import type { Matching } from './matching.ts';
import type { Situation } from './plan.ts';

/** What a listed letter is. */
export type Identity =
  | {
      readonly type: 'known';
      readonly record: LetterRecord;
      /** What tells so. */
      readonly by: 'unique-id' | 'header' | 'size';
      readonly header: LetterHeader | undefined;
    }
  | {
      readonly type: 'new';
      readonly header: LetterHeader | undefined;
      /** Whether its unique-id makes it known from now on: no other letter has it, or is known to have had it. */
      readonly named: boolean;
    }
  /** Nothing but its octets tells whether it is one that is known. */
  | { readonly type: 'unread' };

export interface Recognition {
  /** What each letter of the listing is, in its order. */
  readonly identities: readonly Identity[];
  /** Letters that are not gone, as far as is known, and that no listed letter is or may be. */
  readonly lost: readonly LetterRecord[];
  /** Those, missing or gone, that a letter which is `unread` may be. */
  readonly unrecognised: readonly LetterRecord[];
}

/**
 * Tells which listed letter is which record, or which headers have to be seen first. A letter is taken for a known one
 * only when that is certain, because what is known is not fetched:
 *
 * 1. It alone has the unique-id of the record, and their sizes do not differ. Where they do, and where the record is of a
 *    letter that is gone (some servers give the unique-id of a deleted letter to another), the header must be the same too.
 * 2. Its header is that of a record which is missing, not gone, and says enough to tell letters apart; and there are no
 *    more letters with this header than such records. If there are, sizes decide, and where they do not, octets.
 * 3. Most letters are missing at once, and it stands in a row of three at least that have the sizes of a row of records, in
 *    their order, and one of which is found nowhere else. Only for records of which nothing better is known.
 * 4. Its octets are those that were kept.
 *
 * The last is the runner's to find out: such a letter is `unread`. All others are new.
 *
 * @param matching - with the first of these behind it
 * @returns message-numbers, where headers are wanted
 */
export function recognise(
  { records, headers }: Pick<Situation, 'records' | 'headers'>,
  matching: Matching,
): Recognition | readonly number[] {
  const { open, missing } = matching;
  if (open.length === 0) return matching.ended(false);
  const moved = hasMoved(records, missing, open);
  const wanted = headersWanted(open, missing, moved).filter((number) => !headers.has(number));
  if (wanted.length > 0) return wanted;
  matching.byHeader();
  if (moved) matching.bySize();
  return matching.ended(moved);
}
