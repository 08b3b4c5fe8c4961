import type { LetterRecord } from '../journal/journal.ts';
import { isUnfetched } from './certainty.ts';
import type { ListedLetter } from './plan.ts';

/**
 * Pairs letters and records that are alike, as far as it is certain that no letter is paired that is none of them: those of
 * the same size first, then the others. Where there are more letters than records, nobody knows which of them are new, and
 * none is paired. Where there are fewer, records of letters that were not fetched come first: better one twice than none.
 */
export function pairUp<T extends { readonly letter: ListedLetter }>(
  letters: readonly T[],
  records: readonly LetterRecord[],
): readonly (readonly [T, LetterRecord])[] {
  const pairs: (readonly [T, LetterRecord])[] = [];
  const left = new Set(records);
  const bySize = group(records, ({ declaredOctets, octets }) => declaredOctets ?? octets);
  const others: T[] = [];
  for (const [size, some] of group(letters, ({ letter }) => letter.octets)) {
    const same = size === undefined ? undefined : bySize.get(size);
    if (same === undefined) {
      for (const one of some) others.push(one);
    } else if (some.length > same.length) {
      // They may be any of these, so that these are nobody else.
      for (const record of same) left.delete(record);
    } else {
      for (const pair of paired(some, same)) {
        pairs.push(pair);
        left.delete(pair[1]);
      }
    }
  }
  if (others.length <= left.size) for (const pair of paired(others, [...left])) pairs.push(pair);
  return pairs;
}

function paired<T>(letters: readonly T[], records: readonly LetterRecord[]): (readonly [T, LetterRecord])[] {
  const fewer = letters.length < records.length;
  const order = fewer ? records.toSorted((one, other) => +isUnfetched(other) - +isUnfetched(one)) : records;
  return letters.map((letter, index) => [letter, order[index] as LetterRecord]);
}

function group<T>(some: readonly T[], by: (one: T) => number | undefined): Map<number | undefined, T[]> {
  const groups = new Map<number | undefined, T[]>();
  for (const one of some) {
    const key = by(one);
    const same = groups.get(key);
    if (same === undefined) groups.set(key, [one]);
    else same.push(one);
  }
  return groups;
}
