import type { Change, LetterRecord } from '../journal/journal.ts';
import { isPassingKey, type Keys, octetsKey } from './identity.ts';

/** The journal's records, without what an earlier session left half-way. */
export interface TidyRecords {
  readonly records: readonly LetterRecord[];
  readonly changes: readonly Change[];
  /** Attempts at letters that only reading could tell, by their size: they go last. */
  readonly failedSizes: ReadonlySet<number>;
}

/**
 * Gives letters that were kept under a passing key the key that their octets make; the others of them are forgotten, since
 * nothing tells which letter they were of.
 */
export function tidy(records: readonly LetterRecord[], keys: Keys, now: number): TidyRecords {
  if (!records.some(({ key }) => isPassingKey(key))) return { records, changes: [], failedSizes: new Set() };
  const changes: Change[] = [];
  const tidied: LetterRecord[] = [];
  const failedSizes = new Set<number>();
  for (const record of records) {
    const { key, uniqueId, state, sha256, declaredOctets, attempts } = record;
    // What is staged goes by its key until it is settled.
    if (!isPassingKey(key) || state === 'staged') {
      tidied.push(record);
    } else if (sha256 !== undefined) {
      const to = keys.take(octetsKey(uniqueId, sha256));
      changes.push({ type: 'rebound', key, to, uniqueId });
      tidied.push({ ...record, key: to });
    } else {
      if (attempts > 0 && declaredOctets !== undefined) failedSizes.add(declaredOctets);
      if (state !== 'gone') changes.push({ type: 'gone', key, at: now });
      changes.push({ type: 'forgotten', key });
    }
  }
  return { records: tidied, changes, failedSizes };
}
