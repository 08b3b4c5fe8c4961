import { ALL, AliasPromises } from './aliases.ts';
import { ImportPromises, isImported, KEPT } from './imports.ts';
import type { FoundLetter } from './letter.ts';

/**
 * What clients asked for and what they were told, in the order in which they know it. An event that begins something
 * (`sending`, `removing`, `restoring`, `purging`) is recorded before the request goes out; one that ends it, when the
 * answer is there.
 */
export type PromiseEvent =
  | {
      readonly type: 'sending';
      readonly maildrop: string;
      readonly letter: string;
      readonly sha256: string;
      /** All mailboxes that it goes to or to none. */
      readonly group?: readonly string[];
    }
  /** 250: from here on it is there, whatever happens. */
  | { readonly type: 'accepted'; readonly maildrop: string; readonly letter: string; readonly uniqueId?: string }
  /** 4xx or 5xx: it is not there, and does not come later (LM-12, SM-33). */
  | { readonly type: 'refused'; readonly maildrop: string; readonly letter: string }
  /** A session fetched it: its unique-id is known from here on, and it has to be whole. */
  | {
      readonly type: 'retrieved';
      readonly maildrop: string;
      readonly letter: string;
      readonly uniqueId: string;
      readonly sha256: string;
    }
  /** A session could not fetch a letter that is listed. */
  | { readonly type: 'unreadable'; readonly maildrop: string; readonly what: string }
  /** `at` in milliseconds since 1970, for purge. */
  | { readonly type: 'removing'; readonly maildrop: string; readonly letters: readonly string[]; readonly at: number }
  /** +OK to QUIT: from here on they are gone, whatever happens (P3-63). */
  | { readonly type: 'removed'; readonly maildrop: string; readonly letters: readonly string[] }
  /** `renamed`: under new unique-ids. */
  | {
      readonly type: 'restoring';
      readonly maildrop: string;
      readonly letters: readonly string[];
      readonly renamed?: boolean;
    }
  | { readonly type: 'restored'; readonly maildrop: string; readonly letters: readonly string[] }
  /** What was expunged before this time does not have to come back any more. */
  | { readonly type: 'purging'; readonly before: number }
  /** The first so many letters of the source are asked for, and are there. The unique-ids are the last ones'. */
  | { readonly type: 'importing'; readonly upTo: number }
  | { readonly type: 'imported'; readonly upTo: number; readonly uniqueIds: readonly string[] }
  /** No accounts: it is removed. */
  | { readonly type: 'aliasing'; readonly address: string; readonly accounts: readonly string[] }
  | { readonly type: 'aliased'; readonly address: string; readonly accounts: readonly string[] };

/** What a mailbox was found to hold. */
export interface FoundMaildrop {
  readonly maildrop: string;
  readonly count: number;
  readonly octets: number;
  readonly letters: readonly FoundPlacement[];
}

export interface FoundPlacement {
  readonly uniqueId: string;
  readonly octets: number;
  /** Undefined when it is no letter that anyone sent. */
  readonly letter: FoundLetter | undefined;
}

/** A promise that was not kept. */
export interface Violation {
  readonly kind:
    | 'lost'
    | 'came-back'
    | 'twice'
    | 'torn'
    | 'out-of-order'
    | 'damaged'
    | 'never-sent'
    | 'wrong-mailbox'
    | 'renamed'
    | 'sums'
    | 'miscounted'
    | 'over-quota'
    | 'level'
    | 'not-restored'
    | 'unreadable';
  readonly maildrop: string;
  readonly what: string;
}

/** `maybe`: asked for and not answered, so that both are right. */
type Presence = 'present' | 'absent' | 'maybe';

interface KnownLetter {
  readonly sha256: string;
  presence: Presence;
  uniqueId?: string;
  /** Whether it may have got another unique-id, or has: it is known when the letter is seen. */
  renamed?: boolean;
  /** When its removal was asked for, if it was removed and may still come back. */
  removing?: number;
  restorable: boolean;
}

/** The record of all promises, and the judge of whether they were kept. */
export class Promises {
  readonly imports = new ImportPromises();
  readonly aliases = new AliasPromises();
  readonly #maildrops = new Map<string, Map<string, KnownLetter>>();
  /** Every unique-id ever seen, and whose it is, for good (RFC 1939 §7). */
  readonly #uniqueIds = new Map<string, string>();
  /** The mailboxes of each letter that goes to all of them or to none. */
  readonly #groups = new Map<string, readonly string[]>();
  readonly #violations: Violation[] = [];

  /** Takes note of an event. */
  record(event: PromiseEvent): void {
    if (event.type === 'importing' || event.type === 'imported') {
      this.imports.record(event);
      return;
    }
    if (event.type === 'aliasing' || event.type === 'aliased') {
      this.aliases.record(event);
      return;
    }
    if (event.type === 'purging') {
      this.#purging(event.before);
      return;
    }
    if (event.type === 'unreadable') {
      this.#violate('unreadable', event.maildrop, event.what);
      return;
    }
    if (event.type === 'sending') {
      const { maildrop, letter, sha256, group } = event;
      if (group) this.#groups.set(letter, group);
      this.#letters(maildrop).set(letter, { sha256, presence: 'maybe', restorable: false });
      return;
    }
    const names = 'letter' in event ? [event.letter] : event.letters;
    for (const name of names) {
      const letter = this.#letters(event.maildrop).get(name);
      if (letter) this.#note(event, name, letter);
      else this.#violate('never-sent', event.maildrop, `${name}: ${event.type}`);
    }
  }

  /** The letters that are in the mailbox beyond doubt, and that nothing is being done to. */
  present(maildrop: string): readonly string[] {
    return this.#named(maildrop, ({ presence }) => presence === 'present');
  }

  /** Which letter has this unique-id, if a client knows. */
  letterOf(maildrop: string, uniqueId: string): string | undefined {
    const owner = this.#uniqueIds.get(uniqueId);
    return owner?.startsWith(`${maildrop}/`) ? owner.slice(maildrop.length + 1) : undefined;
  }

  /** The letters that undelete has to bring back, by unique-id. */
  restorable(maildrop: string): ReadonlyMap<string, string> {
    const letters = this.#letters(maildrop);
    const names = this.#named(maildrop, ({ presence, restorable }) => presence === 'absent' && restorable);
    return new Map(names.map((name) => [letters.get(name)?.uniqueId ?? '', name]));
  }

  /** Compares what was found after a crash with what was promised before it. */
  verify(found: readonly FoundMaildrop[]): readonly Violation[] {
    const violations = [...this.#violations];
    for (const maildrop of found) {
      violations.push(...this.#verifyMaildrop(maildrop));
      if (maildrop.maildrop === KEPT) violations.push(...this.imports.verify(maildrop));
    }
    return [...violations, ...this.#verifyGroups(found)];
  }

  /** Takes what was found as the truth about all that was not answered: from here on that has to stay so. */
  settle(found: readonly FoundMaildrop[]): void {
    for (const { maildrop, letters } of found) {
      const present = new Map(letters.map(({ letter, uniqueId }) => [letter?.name, uniqueId]));
      for (const [name, letter] of this.#letters(maildrop)) {
        if (letter.presence !== 'maybe') continue;
        letter.presence = present.has(name) ? 'present' : 'absent';
        // One that did not come back has its old one, to come back under.
        if (letter.presence === 'absent') delete letter.renamed;
        const uniqueId = present.get(name);
        if (uniqueId === undefined) {
          letter.restorable = letter.removing !== undefined && letter.uniqueId !== undefined;
        } else {
          this.#bind(maildrop, name, letter, uniqueId);
          delete letter.renamed;
          delete letter.removing;
        }
      }
    }
  }

  #note(
    event: Extract<
      PromiseEvent,
      { type: 'accepted' | 'refused' | 'retrieved' | 'removing' | 'removed' | 'restoring' | 'restored' }
    >,
    name: string,
    letter: KnownLetter,
  ): void {
    switch (event.type) {
      case 'accepted':
        // The owner may have seen and removed it before its sender was answered.
        if (letter.presence === 'maybe' && letter.removing === undefined) letter.presence = 'present';
        if (event.uniqueId !== undefined) this.#bind(event.maildrop, name, letter, event.uniqueId);
        return;
      case 'refused':
        letter.presence = 'absent';
        return;
      case 'retrieved':
        if (event.sha256 !== letter.sha256)
          this.#violate('damaged', event.maildrop, `${name}, as a session fetched it`);
        this.#bind(event.maildrop, name, letter, event.uniqueId);
        return;
      case 'removing':
        // What is gone already stays gone: removing it again promises nothing.
        if (letter.presence === 'absent') return;
        letter.presence = 'maybe';
        letter.removing ??= event.at;
        return;
      case 'removed':
        letter.presence = 'absent';
        letter.restorable = letter.removing !== undefined;
        return;
      case 'restoring':
        letter.presence = 'maybe';
        if (event.renamed === true) letter.renamed = true;
        return;
      case 'restored':
        letter.presence = 'present';
        letter.restorable = false;
        delete letter.removing;
    }
  }

  #purging(before: number): void {
    for (const letters of this.#maildrops.values()) {
      for (const letter of letters.values()) {
        if (letter.removing === undefined || letter.removing >= before) continue;
        letter.restorable = false;
        delete letter.removing;
      }
    }
  }

  #verifyMaildrop({ maildrop, count, octets, letters }: FoundMaildrop): readonly Violation[] {
    const violations: Violation[] = [];
    const violate = (kind: Violation['kind'], what: string) => violations.push({ kind, maildrop, what });
    const found = new Set<string>();
    for (const { uniqueId, letter } of letters) {
      if (isImported(letter?.name)) continue;
      const known = letter && this.#letters(maildrop).get(letter.name);
      if (!letter) violate('never-sent', `${uniqueId} is no letter that was sent`);
      else if (!known) violate(this.#wasSent(letter.name) ? 'wrong-mailbox' : 'never-sent', letter.name);
      else {
        if (found.has(letter.name)) violate('twice', letter.name);
        found.add(letter.name);
        if (known.sha256 !== letter.sha256) violate('damaged', letter.name);
        if (known.presence === 'absent') violate('came-back', letter.name);
        // The address of a group stands there for its mailboxes.
        const named = letter.trace.includes(maildrop) || (this.#groups.has(letter.name) && letter.trace.includes(ALL));
        if (!named) violate('wrong-mailbox', `${letter.name} has the trace fields of another`);
        if ((known.uniqueId ?? uniqueId) !== uniqueId && known.renamed !== true)
          violate('renamed', `${letter.name}: ${known.uniqueId}, ${uniqueId}`);
        if (known.uniqueId === uniqueId && known.renamed === true && known.presence === 'present')
          violate('renamed', `${letter.name} has its old unique-id, and was to have another`);
        const owner = this.#uniqueIds.get(uniqueId);
        if (owner !== undefined && owner !== ownerOf(maildrop, letter.name))
          violate('renamed', `${uniqueId} was ${owner}’s`);
      }
    }
    if (new Set(letters.map(({ uniqueId }) => uniqueId)).size !== letters.length)
      violate('renamed', 'a unique-id twice');
    for (const name of this.present(maildrop)) if (!found.has(name)) violate('lost', name);
    const sum = letters.reduce((total, letter) => total + letter.octets, 0);
    if (count !== letters.length) violate('sums', `count is ${count}, and there are ${letters.length}`);
    if (octets !== sum) violate('sums', `octets are ${octets}, and their sum is ${sum}`);
    return violations;
  }

  /** A letter that is in one mailbox of its group, or was seen there, came to all of them at the same moment. */
  #verifyGroups(found: readonly FoundMaildrop[]): readonly Violation[] {
    const names = new Map(
      found.map(({ maildrop, letters }) => [maildrop, new Set(letters.map(({ letter }) => letter?.name))]),
    );
    const violations: Violation[] = [];
    for (const [name, group] of this.#groups) {
      const without = group.filter(
        (maildrop) => !names.get(maildrop)?.has(name) && this.#letters(maildrop).get(name)?.uniqueId === undefined,
      );
      if (without.length > 0 && without.length < group.length) {
        violations.push({ kind: 'torn', maildrop: without.join(), what: `${name} came to others of its group` });
      }
    }
    return violations;
  }

  #bind(maildrop: string, name: string, letter: KnownLetter, uniqueId: string): void {
    const owner = ownerOf(maildrop, name);
    const before = this.#uniqueIds.get(uniqueId);
    const mayDiffer = letter.renamed === true && before === undefined;
    if (((letter.uniqueId ?? uniqueId) !== uniqueId && !mayDiffer) || (before ?? owner) !== owner) {
      this.#violate('renamed', maildrop, `${owner} is ${uniqueId}, was ${letter.uniqueId ?? before}`);
    }
    if (uniqueId !== letter.uniqueId) delete letter.renamed;
    letter.uniqueId = uniqueId;
    this.#uniqueIds.set(uniqueId, owner);
  }

  #violate(kind: Violation['kind'], maildrop: string, what: string): void {
    this.#violations.push({ kind, maildrop, what });
  }

  #wasSent(name: string): boolean {
    return [...this.#maildrops.values()].some((letters) => letters.has(name));
  }

  #named(maildrop: string, fits: (letter: KnownLetter) => boolean): readonly string[] {
    return [...this.#letters(maildrop)].filter(([, letter]) => fits(letter)).map(([name]) => name);
  }

  #letters(maildrop: string): Map<string, KnownLetter> {
    const letters = this.#maildrops.get(maildrop) ?? new Map<string, KnownLetter>();
    this.#maildrops.set(maildrop, letters);
    return letters;
  }
}

function ownerOf(maildrop: string, letter: string): string {
  return `${maildrop}/${letter}`;
}
