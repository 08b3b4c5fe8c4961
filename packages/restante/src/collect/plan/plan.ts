import type { Policy } from '../account.ts';
import type { Change, LetterRecord, MailboxFacts } from '../journal/journal.ts';

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
  /** What the listing itself tells: written to the journal before the first step. */
  readonly changes: readonly Change[];
  /** In the order in which they are to be done. */
  readonly steps: readonly Step[];
  /** Things that somebody should know. */
  readonly warnings: readonly string[];
}

export type Step =
  | {
      readonly type: 'fetch';
      readonly letter: ListedLetter;
      readonly key: string;
      readonly part: 'whole' | 'headers';
      readonly why: string;
      readonly thenDelete: boolean;
    }
  /** It was kept by an earlier run: the record is the proof. */
  | { readonly type: 'delete'; readonly letter: ListedLetter; readonly record: LetterRecord; readonly why: string }
  /** Kept, but the listing does not prove that it is the same letter: it is read once more, and deleted if its octets are those that were kept. */
  | {
      readonly type: 'compare-and-delete';
      readonly letter: ListedLetter;
      readonly record: LetterRecord;
      readonly why: string;
    }
  | { readonly type: 'leave'; readonly letter: ListedLetter; readonly key: string; readonly why: string }
  /** What was deleted so far is made true by QUIT, and a new session goes on. */
  | { readonly type: 'commit'; readonly why: string };

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
  readonly facts: MailboxFacts;
  readonly records: readonly LetterRecord[];
  readonly policy: Policy;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Headers that were asked for, by message-number; `undefined` where the server has none to give. */
  readonly headers: ReadonlyMap<number, Buffer | undefined>;
  /** What the server's EXPIRE says: days, or never. */
  readonly expire: number | 'never' | undefined;
  readonly destination: string;
}
