import type { Policy } from '../account.ts';
import type { Change, LetterRecord, MailboxFacts } from '../journal/journal.ts';
import type { LetterHeader } from './fingerprint.ts';

/** One letter as the server's listings show it. */
export interface ListedLetter {
  readonly number: number;
  /** Absent where LIST has not been asked: then `plan` may ask for it. */
  readonly octets: number | undefined;
  readonly uniqueId: string | undefined;
}

/** What is to be done in one session, and why: worked out before anything is done, and printed by `--dry-run`. */
export interface Plan {
  readonly type: 'plan';
  /** What the listing itself tells: written to the journal, with `facts`, before the first step. */
  readonly changes: readonly Change[];
  /** What is known of the maildrop as a whole from now on. */
  readonly facts: Partial<MailboxFacts>;
  /** In the order in which they are to be done. */
  readonly steps: readonly Step[];
  /**
   * Letters that are kept and may be in the listing, though nothing in it proves which they are: what is read
   * `by-octets` is compared with them, by {@link KnownByOctets} in `known-by-octets.ts`.
   */
  readonly unrecognised: readonly LetterRecord[];
  /** Letters that have another unique-id than before, and were recognised all the same. */
  readonly recognised: number;
  /** Things that somebody should know. */
  readonly warnings: readonly string[];
}

export type Step =
  | {
      readonly type: 'fetch';
      readonly letter: ListedLetter;
      readonly key: string;
      readonly part: 'whole' | 'headers';
      /**
       * `by-octets`: only its octets tell whether it is one that is kept already (no unique-id, or several letters have
       * it). It is staged as any other; if `KnownByOctets` knows it then, the stage is abandoned and nothing is kept twice.
       * Either way a receipt exists now, so that `thenDelete` is safe.
       */
      readonly known: 'by-listing' | 'by-octets';
      readonly why: string;
      /** It is deleted in this session once it is safe. */
      readonly thenDelete: boolean;
    }
  /** It was kept by an earlier run: the record is the proof. */
  | { readonly type: 'delete'; readonly letter: ListedLetter; readonly record: LetterRecord; readonly why: string }
  | { readonly type: 'leave'; readonly letter: ListedLetter; readonly key: string; readonly why: string }
  /** What was deleted so far is made true by QUIT, and a new session goes on. */
  | { readonly type: 'commit'; readonly why: string };

/** A step that has to do with one letter: each letter of the listing has one. */
export type LetterStep = Exclude<Step, { type: 'commit' }>;

/** What the plan has to know first: asked of the server, and added to the question. */
export interface Wanted {
  readonly type: 'wanted';
  /** Whether LIST is wanted, of all or of these. */
  readonly sizes: 'all' | readonly number[];
  /** Letters whose header is wanted (TOP n 0). */
  readonly headers: readonly number[];
  readonly why: string;
}

/** What `planSession` works on; it asks for nothing else. */
export interface Situation {
  readonly listing: readonly ListedLetter[];
  /** What STAT says, where it was asked: a listing that is shorter is not believed. */
  readonly counted: number | undefined;
  /** Octets of all letters, as STAT has them, where it was asked: if they are as before, LIST need not be asked. */
  readonly countedOctets?: number | undefined;
  /** Whether LIST has been asked for what was wanted: a letter that has no octets then has none to tell. */
  readonly sized: boolean;
  readonly facts: MailboxFacts;
  readonly records: readonly LetterRecord[];
  readonly policy: Policy;
  /** Milliseconds since 1970. */
  readonly now: number;
  /**
   * Headers that were asked for, by message-number, each read by `letterHeader()` as it came; `undefined` where the server
   * has none to give.
   */
  readonly headers: ReadonlyMap<number, LetterHeader | undefined>;
  /** What the server's EXPIRE says: days, or never. */
  readonly expire: number | 'never' | undefined;
  readonly destination: string;
}
