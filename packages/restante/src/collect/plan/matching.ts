import type { LetterRecord } from '../journal/journal.ts';
import { hasOctets, isBare, isSurely, wasSettled } from './certainty.ts';
import { isTelling } from './fingerprint.ts';
import { indexBy, Named } from './indexes.ts';
import { pairUp } from './pairs.ts';
import type { ListedLetter, Situation } from './plan.ts';
import { isDue } from './policy.ts';
import type { Identity, OpenLetter, Recognition } from './recognised.ts';
import { sameSizesInOrder } from './same-sizes.ts';

type KeyOf = (uniqueId: string | undefined, fingerprint: string) => string | undefined;

/** The state of {@link recognise}: who has been recognised so far. No step costs more than letters and records together. */
export class Matching {
  readonly #situation: Situation;
  readonly #identities: Identity[];
  readonly #named: Named;
  /** Records that were recognised by more than their unique-id. */
  readonly #taken = new Set<LetterRecord>();
  #open: readonly OpenLetter[] = [];
  #missing: readonly LetterRecord[] = [];

  constructor(situation: Situation) {
    this.#situation = situation;
    this.#identities = new Array<Identity>(situation.listing.length);
    this.#named = new Named(situation.records);
  }

  /** Letters that nobody has recognised. */
  get open(): readonly OpenLetter[] {
    return this.#open;
  }

  /** Records of letters that are not gone, and that no letter is known to be. */
  get missing(): readonly LetterRecord[] {
    return this.#missing;
  }

  /** Letters that are recognised, with their records. */
  *recognised(): Iterable<readonly [ListedLetter, LetterRecord]> {
    const { listing } = this.#situation;
    for (let index = 0; index < listing.length; index++) {
      const identity = this.#identities[index];
      if (identity?.type === 'known') yield [listing[index] as ListedLetter, identity.record];
    }
  }

  /** Recognises letters that their unique-id makes known. */
  byUniqueId(): void {
    const { listing, records, headers, policy, now } = this.#situation;
    const shared = this.#named.shared(listing);
    const open: OpenLetter[] = [];
    const isKnown = new Uint8Array(records.length);
    for (let index = 0; index < listing.length; index++) {
      const letter = listing[index] as ListedLetter;
      const { number, uniqueId } = letter;
      const header = headers.get(number);
      const alone = uniqueId !== undefined && !shared.has(uniqueId);
      const at = alone ? this.#named.only(uniqueId) : undefined;
      const record = at === undefined ? undefined : records[at];
      if (at !== undefined && record !== undefined && isSurely(letter, record, isDue(policy, record, now))) {
        isKnown[at] = 1;
        this.#identities[index] = { type: 'known', record, by: 'unique-id', header };
      } else {
        const kind = !alone ? 'nameless' : this.#named.has(uniqueId) ? 'doubtful' : 'unknown';
        open.push({ index, letter, kind, header });
      }
    }
    this.#open = open;
    this.#missing = records.filter((record, index) => record.state !== 'gone' && isKnown[index] === 0);
  }

  /** …that their header makes known, as far as headers were seen. */
  byHeader(): void {
    const own: KeyOf = (uniqueId, fingerprint) => uniqueId && `${uniqueId} ${fingerprint}`;
    const doubtful = this.#open.filter(({ kind }) => kind === 'doubtful');
    this.#match(doubtful, this.#missing, own, 'unique-id');
    const gone = doubtful.length === 0 ? [] : this.#situation.records.filter(wasSettled);
    this.#match(doubtful, gone, own, 'unique-id');
    const nameless = this.#open.filter(({ kind }) => kind === 'nameless');
    this.#match(nameless, this.#missing, own, 'header');
    this.#match(this.#open, this.#missing, (_, fingerprint) => fingerprint, 'header');
    this.#strike();
  }

  /** …that their size makes known, among others. */
  bySize(): void {
    const letters = this.#open.filter(({ kind }) => kind !== 'nameless');
    const bare = this.#missing.filter(isBare);
    const rows = sameSizesInOrder(
      letters.map(({ letter }) => letter.octets),
      bare.map(({ declaredOctets }) => declaredOctets),
    );
    for (const [one, record] of rows) this.#know(letters[one] as OpenLetter, bare[record] as LetterRecord, 'size');
    this.#strike();
  }

  /** What is left is new, or has to be read. */
  ended(moved: boolean): Recognition {
    const readable = this.#missing.filter(hasOctets);
    const plain = readable.filter(({ fingerprint }) => !isTelling(fingerprint));
    const alike = indexBy(readable, ({ fingerprint }) => fingerprint);
    const namesakes = this.#readableNamesakes();
    const candidates = new Set<readonly LetterRecord[]>();
    let unread = false;
    for (const { index, letter, kind, header } of this.#open) {
      const fingerprint = header?.fingerprint;
      const telling = isTelling(fingerprint);
      const own = letter.uniqueId === undefined ? undefined : namesakes(letter.uniqueId);
      const mayBe = [
        telling ? alike.get(fingerprint) : undefined,
        telling ? own?.plain : own?.readable,
        kind === 'nameless' || moved ? (telling ? plain : readable) : undefined,
      ].filter((records): records is readonly LetterRecord[] => records !== undefined && records.length > 0);
      for (const records of mayBe) candidates.add(records);
      const isNew = mayBe.length === 0 && (telling || kind === 'unknown');
      unread ||= !isNew;
      this.#identities[index] = isNew ? { type: 'new', header, named: kind === 'unknown' } : { type: 'unread' };
    }
    const unrecognised = new Set<LetterRecord>();
    for (const records of candidates) for (const record of records) unrecognised.add(record);
    // Where most letters are missing, nobody knows which of them are until what is there has been read.
    const lost = moved && unread ? [] : this.#missing.filter((record) => !unrecognised.has(record));
    return { identities: this.#identities, lost, unrecognised: [...unrecognised] };
  }

  /** Records of a unique-id that octets can be compared with: all, and those that no header can rule out. */
  #readableNamesakes(): (uniqueId: string) => Namesakes {
    const known = new Map<string, Namesakes>();
    return (uniqueId) => {
      let found = known.get(uniqueId);
      if (found === undefined) {
        const readable = this.#named.all(uniqueId).filter((record) => hasOctets(record) && !this.#taken.has(record));
        found = { readable, plain: readable.filter(({ fingerprint }) => !isTelling(fingerprint)) };
        known.set(uniqueId, found);
      }
      return found;
    };
  }

  /** Knows letters by records that are alike by what `keyOf` makes of unique-id and fingerprint. */
  #match(
    letters: readonly OpenLetter[],
    records: readonly LetterRecord[],
    keyOf: KeyOf,
    by: 'unique-id' | 'header',
  ): void {
    if (letters.length === 0 || records.length === 0) return;
    const alike = indexBy(records, (record) => {
      const { uniqueId, fingerprint } = record;
      return isTelling(fingerprint) && !this.#taken.has(record) ? keyOf(uniqueId, fingerprint) : undefined;
    });
    const groups = indexBy(letters, ({ index, letter, header }) => {
      const fingerprint = header?.fingerprint;
      const isOpen = this.#identities[index] === undefined;
      return isOpen && isTelling(fingerprint) ? keyOf(letter.uniqueId, fingerprint) : undefined;
    });
    for (const [key, group] of groups) {
      for (const [one, record] of pairUp(group, alike.get(key) ?? [])) this.#know(one, record, by);
    }
  }

  #know({ index, header }: Pick<OpenLetter, 'index' | 'header'>, record: LetterRecord, by: KnownBy): void {
    this.#taken.add(record);
    this.#identities[index] = { type: 'known', record, by, header };
  }

  /** Crosses out who is recognised. */
  #strike(): void {
    this.#open = this.#open.filter(({ index }) => this.#identities[index] === undefined);
    this.#missing = this.#missing.filter((record) => !this.#taken.has(record));
  }
}

interface Namesakes {
  readonly readable: readonly LetterRecord[];
  readonly plain: readonly LetterRecord[];
}

type KnownBy = Extract<Identity, { type: 'known' }>['by'];
