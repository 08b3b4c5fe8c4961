import { hasMoved, headersWanted } from './certainty.ts';
import type { Matching } from './matching.ts';
import type { Situation } from './plan.ts';
import type { Recognition } from './recognised.ts';

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
