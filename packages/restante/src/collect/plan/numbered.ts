import type { LetterRecord } from '../journal/journal.ts';
import { isTelling } from './fingerprint.ts';
import type { ListedLetter, Situation } from './plan.ts';

/**
 * Some servers give message-numbers as unique-ids, which name other letters once one is gone. Others count unique-ids up,
 * and have deleted nothing yet: it looks the same. The headers of the first and the last letter that are known tell, since
 * where a letter left, at least one of them is another.
 *
 * @returns the listing as it is to be read, or message-numbers of letters whose header has to be seen
 */
export function withoutNumbers({
  listing,
  records,
  headers,
}: Pick<Situation, 'listing' | 'records' | 'headers'>): readonly ListedLetter[] | readonly number[] {
  if (listing.length === 0 || listing.some(({ number, uniqueId }) => uniqueId !== `${number}`)) return listing;
  let first: LetterRecord | undefined;
  let last: LetterRecord | undefined;
  for (const record of records) {
    const number = numberOf(record);
    if (number === undefined || number > listing.length || !isTelling(record.fingerprint)) continue;
    if (first === undefined || number < (numberOf(first) ?? 0)) first = record;
    if (last === undefined || number > (numberOf(last) ?? 0)) last = record;
  }
  const ends = [...new Set([first, last])].filter((record) => record !== undefined);
  const numbers = ends.map((record) => numberOf(record) ?? 0);
  const unseen = numbers.filter((number) => !headers.has(number));
  if (unseen.length > 0) return unseen;
  const areOwn = ends.every(({ fingerprint }, index) => headers.get(numbers[index] ?? 0)?.fingerprint === fingerprint);
  return areOwn ? listing : listing.map((letter) => ({ ...letter, uniqueId: undefined }));
}

function numberOf({ uniqueId }: LetterRecord): number | undefined {
  return uniqueId !== undefined && /^[1-9]\d{0,8}$/.test(uniqueId) ? Number(uniqueId) : undefined;
}
