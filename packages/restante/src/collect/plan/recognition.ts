import type { LetterRecord } from '../journal/journal.ts';
import { isTelling, type LetterHeader } from './fingerprint.ts';
import { pairUp } from './pairs.ts';
import type { ListedLetter, Situation } from './plan.ts';
import { sameSizesInOrder } from './same-sizes.ts';

/** What a listed letter is. */
export type Identity =
  | {
      readonly type: 'known';
      readonly record: LetterRecord;
      /** What tells so; only the unique-id is reason enough to delete it. */
      readonly by: 'unique-id' | 'header' | 'size';
    }
  | {
      readonly type: 'new';
      /** Absent where it was not asked for, or there is none. */
      readonly header: LetterHeader | undefined;
      /** Whether its unique-id makes it known from now on: no other letter has it, or had it. */
      readonly named: boolean;
    }
  /** Nothing but its octets tells whether it is one that is known. */
  | { readonly type: 'unread' };

export interface Recognition {
  /** Message-numbers of the letters whose header has to be seen first; if there are any, the rest is not worked out. */
  readonly headers: readonly number[];
  /** What each letter of the listing is, in its order. */
  readonly identities: readonly Identity[];
  /** Letters that should be at the server and that no listed letter is known to be. */
  readonly missing: readonly LetterRecord[];
  /** Of `missing`, and of those that were gone, the ones that a letter which is `unread` may be. */
  readonly unrecognised: readonly LetterRecord[];
}

/** A letter that its unique-id does not make known. */
interface Open {
  readonly index: number;
  readonly letter: ListedLetter;
  /**
   * `nameless` has no unique-id, or shares it; `doubtful` has the unique-id of a letter that it may not be; `unknown` has
   * one that nobody has seen.
   */
  readonly kind: 'nameless' | 'doubtful' | 'unknown';
  /** Records with its unique-id, those that are gone too. */
  readonly namesakes: readonly LetterRecord[];
  header: LetterHeader | undefined;
}

/**
 * Tells which listed letter is which record. A letter is taken for a known one only when that is certain, since what is
 * known is not fetched:
 *
 * - It alone has the unique-id of the record, and their sizes do not differ. Of a record that is `gone` that is not enough:
 *   servers give the unique-ids of deleted letters to others. It is back when its header is the same too.
 * - Its header is the same as that of a record which is missing (not of one that is gone), says enough to tell letters
 *   apart, and there are no more letters with this header than such records. If there are more, the sizes decide; where
 *   they do not, its octets.
 * - Most letters vanished at once, and it stands in a row of at least three whose sizes, in their order, are those of a row
 *   of records, and occur nowhere else. Only for records of which nothing better is known.
 * - Its octets are those that were kept.
 *
 * The last is for the runner: such a letter is `unread`. All others are new.
 */
export function recognise(situation: Situation): Recognition {
  const { listing, headers } = situation;
  const namesakes = byUniqueId(situation.records);
  const shared = sharedUniqueIds(listing);
  const identities = new Array<Identity | undefined>(listing.length);
  const taken = new Set<LetterRecord>();
  const open: Open[] = [];

  const know = (index: number, record: LetterRecord, by: 'unique-id' | 'header' | 'size'): void => {
    taken.add(record);
    identities[index] = { type: 'known', record, by };
  };

  for (const [index, letter] of listing.entries()) {
    const { number, uniqueId } = letter;
    const named = uniqueId !== undefined && !shared.has(uniqueId);
    const same = uniqueId === undefined ? undefined : namesakes.get(uniqueId);
    if (named && same !== undefined && !Array.isArray(same) && isSurely(letter, same)) {
      know(index, same, 'unique-id');
      continue;
    }
    const kind = !named ? 'nameless' : same === undefined ? 'unknown' : 'doubtful';
    const records = same === undefined ? [] : Array.isArray(same) ? same : [same];
    open.push({ index, letter, kind, namesakes: records, header: headers.get(number) });
  }

  const pool = situation.records.filter((record) => record.state !== 'gone' && !taken.has(record));
  if (open.length === 0) return { headers: [], identities: identities as Identity[], missing: pool, unrecognised: [] };

  const moved = hasMoved(situation, open, pool);
  const unseen = open.filter((one) => !headers.has(one.letter.number) && isHeaderWanted(one, pool, moved));
  if (unseen.length > 0) {
    return { headers: unseen.map(({ letter }) => letter.number), identities: [], missing: pool, unrecognised: [] };
  }

  let rest = knowByHeader(open, sameUniqueId, (one, record) =>
    know(one.index, record, one.kind === 'doubtful' ? 'unique-id' : 'header'),
  );
  rest = knowByHeader(rest, sameAnywhere(pool), (one, record) => know(one.index, record, 'header'));
  if (moved) {
    const unknown = rest.filter(({ kind }) => kind === 'unknown');
    const unproven = pool.filter((record) => !taken.has(record) && isUnproven(record));
    const rows = sameSizesInOrder(
      unknown.map(({ letter }) => letter.octets),
      unproven.map(({ declaredOctets }) => declaredOctets),
    );
    for (const [letter, record] of rows) know((unknown[letter] as Open).index, unproven[record] as LetterRecord, 'size');
  }

  const missing = pool.filter((record) => !taken.has(record));
  const readable = { any: missing.some(hasOctets), plain: missing.some((one) => hasOctets(one) && !isTelling(one.fingerprint)) };
  const unrecognised = new Set<LetterRecord>();
  let unread = false;
  for (const one of rest) {
    const { index, kind, header } = one;
    if (identities[index] !== undefined) continue;
    const telling = isTelling(header?.fingerprint);
    const own = one.namesakes.filter((record) => !taken.has(record) && mayBe(header, record));
    const among = kind === 'doubtful' || (kind === 'unknown' && !moved) ? false : telling ? readable.plain : readable.any;
    if (own.length > 0 || among || (kind === 'nameless' && !telling)) {
      identities[index] = { type: 'unread' };
      for (const record of own) unrecognised.add(record);
      unread ||= among || kind === 'nameless';
    } else {
      identities[index] = { type: 'new', header, named: kind === 'unknown' };
    }
  }
  if (unread) for (const record of missing) if (hasOctets(record)) unrecognised.add(record);
  return { headers: [], identities: identities as Identity[], missing, unrecognised: [...unrecognised] };
}
