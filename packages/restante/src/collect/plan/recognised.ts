import type { LetterRecord } from '../journal/journal.ts';
import type { LetterHeader } from './fingerprint.ts';
import type { ListedLetter } from './plan.ts';

/** A letter of which nobody knows yet what it is. */
export interface OpenLetter {
  readonly index: number;
  readonly letter: ListedLetter;
  /**
   * `nameless` has no unique-id, or shares it; `doubtful` has the unique-id of a letter that it may not be; `unknown` has
   * one that nobody has seen.
   */
  readonly kind: 'nameless' | 'doubtful' | 'unknown';
  readonly header: LetterHeader | undefined;
}

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
