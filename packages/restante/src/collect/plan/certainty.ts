import type { LetterRecord } from '../journal/journal.ts';
import { isTelling } from './fingerprint.ts';
import type { ListedLetter } from './plan.ts';
import type { OpenLetter } from './recognised.ts';

/**
 * Whether a letter that alone has the unique-id of a record, the only one with it, is that record's letter for certain.
 *
 * @param due - whether it would be deleted for that
 */
export function isSurely({ octets }: ListedLetter, record: LetterRecord, due: boolean): boolean {
  // It will be fetched in any case, so nothing is lost if it is another.
  if (isUnfetched(record)) return true;
  const { state, declaredOctets: before } = record;
  // It is gone, or may be, and another may have its unique-id; or it would be gone by mistake. Its header or octets tell.
  const needsProof = due || state === 'gone' || state === 'delete-sent' || state === 'unknown';
  if (needsProof) return !hasOctets(record) && before !== undefined && octets === before;
  return octets === undefined || before === undefined || octets === before;
}

/** Whether nothing has been decided about the letter yet. */
export function isUnfetched({ state, was }: LetterRecord): boolean {
  return state === 'listed' || state === 'fetching' || (state === 'gone' && (was ?? 'listed') === 'listed');
}

/** Whether it is gone, and need not be fetched should it come back. */
export function wasSettled(record: LetterRecord): boolean {
  return record.state === 'gone' && !isUnfetched(record);
}

/** Whether the octets that were kept are known, so that others can be compared with them. */
export function hasOctets({ sha256, headersOnly }: LetterRecord): boolean {
  return sha256 !== undefined && !headersOnly;
}

/** Whether nothing is known of the letter but its unique-id and size: it was left at the server, or another program kept it. */
export function isBare(record: LetterRecord): boolean {
  return !isUnfetched(record) && record.fingerprint === undefined && record.sha256 === undefined;
}

/** Whether the letter should be in the next listing. */
export function isExpected({ state }: LetterRecord): boolean {
  return state !== 'gone' && state !== 'delete-sent' && state !== 'unknown';
}

/**
 * Whether the server seems to be another one: there are letters that nobody has seen, and most of those that should be
 * there are missing, even if each other letter is one of them.
 */
export function hasMoved(
  records: readonly LetterRecord[],
  missing: readonly LetterRecord[],
  open: readonly OpenLetter[],
): boolean {
  const unknown = count(open, ({ kind }) => kind === 'unknown');
  const others = open.length - unknown;
  return unknown > 0 && count(missing, isExpected) - others > count(records, isExpected) / 2;
}

/**
 * The letters whose header must be seen. Where most letters are missing, that of all others. Else only that of one which
 * is of the same size as a letter that is missing: servers change the unique-ids of single letters, too.
 */
export function headersWanted(
  open: readonly OpenLetter[],
  missing: readonly LetterRecord[],
  moved: boolean,
): readonly number[] {
  const doubtful = new Set(open.filter(({ kind }) => kind === 'doubtful').map(({ letter }) => letter.uniqueId));
  const known = missing.filter(({ uniqueId, fingerprint }) => isTelling(fingerprint) && !doubtful.has(uniqueId));
  const sizes = new Set(known.flatMap(({ declaredOctets, octets }) => [declaredOctets, octets]));
  sizes.delete(undefined);
  const isWanted = ({ kind, letter }: OpenLetter): boolean =>
    kind !== 'unknown' || (moved ? known.length > 0 : sizes.has(letter.octets));
  return open.filter(isWanted).map(({ letter }) => letter.number);
}

export function count<T>(some: readonly T[], is: (one: T) => boolean): number {
  let found = 0;
  for (const one of some) if (is(one)) found++;
  return found;
}
