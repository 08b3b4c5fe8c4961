import type { MaybePromise } from '@restante/pop/maildrop';

/**
 * Where collected letters go, in two phases, so that whatever dies in between can be told afterwards:
 *
 * ```
 * stage, write..., end      octets lie in a file of ours, nobody sees them
 * prepare(batch)            ...and survive a power cut, as far as `settle` has need of it
 *                           the journal says `staged`
 * place(batch)              they are where they belong, durable
 *                           the journal says `kept`
 * ```
 *
 * After a crash `settle` is asked about what the journal has as `staged`. One implementation a kind, all of which pass
 * `destinationConformance()`.
 */
export interface Destination {
  /** As the user wrote it, made absolute: `maildir:/home/anna/Maildir`. */
  readonly name: string;
  /**
   * `at-least-once` where nobody can tell after a crash whether the letter was taken. Such letters are placed one by one,
   * and each is in the journal before the next: so it is one letter that may come twice.
   */
  readonly promise: 'exactly-once' | 'at-least-once';
  /** How long `place` may take for one batch, in milliseconds, where that is longer than anybody would wait otherwise. */
  readonly patience?: number;
  /** Begins to take a letter. Several may be under way. */
  stage(letter: IncomingLetter): Stage;
  /** Makes staged letters durable, as far as {@link settle} needs them. Rejects when it cannot: then none counts. */
  prepare(letters: readonly StagedLetter[]): Promise<void>;
  /** Puts letters where they belong, durably; one answer each, in order. Never rejects for what is one letter's fault. */
  place(letters: readonly StagedLetter[]): Promise<readonly Placing[]>;
  /**
   * What came of letters that were staged, and perhaps placed, when we died; one answer each, in order. Asked once, before
   * the first letter is staged, about all that the journal has as `staged` here: what else lies there of the same
   * maildrop is swept. Rejects with a Failure when the destination takes none at present: then nothing is settled.
   */
  settle(letters: readonly UnsettledLetter[]): Promise<readonly Settled[]>;
  /**
   * Which of these letters are here though the journal does not know it: asked when the journal is new. Absent where
   * nobody can tell.
   */
  find?(letters: readonly IncomingLetter[]): Promise<ReadonlyMap<string, FoundLetter>>;
  /**
   * Lets go of everything. Removes what was staged and is not wanted: what was prepared and not placed is kept for
   * {@link settle}, since the journal may have it.
   */
  close(): Promise<void>;
}

/** A letter that is about to come. */
export interface IncomingLetter {
  /** The maildrop that it comes from, `mailboxKey()`. */
  readonly mailbox: string;
  /** Its key in the journal. */
  readonly key: string;
  readonly uniqueId: string | undefined;
  /**
   * When it was first listed, in milliseconds since 1970: stays the same however often it is fetched. Letters that one
   * listing brought are a millisecond apart, in its order.
   */
  readonly listed: number;
}

/** A letter on its way in. What cannot be written throws a Failure, which is the destination's fault; nothing is left of it then. */
export interface Stage {
  /** Takes the next octets, as the server sent them, un-stuffed: CRLF line ends. They are the caller's again when it returns. */
  write(octets: Buffer): MaybePromise<void>;
  /** The letter came whole. Answers `held` where nobody knows where it belongs: then nothing is left of it here. */
  end(): MaybePromise<StagedLetter | Held>;
  /** It did not come whole, or is not wanted: nothing is left of it. Never throws. */
  abandon(): MaybePromise<void>;
}

/** A letter that is whole, and seen by nobody. */
export interface StagedLetter {
  readonly type: 'staged';
  readonly letter: IncomingLetter;
  /** Where it will be, in the destination's own words: what `settle` is told again. */
  readonly place: string;
  /** Octets as they came, before any change of line ends. */
  readonly octets: number;
}

/** A letter of which nobody knows where it belongs. */
export interface Held {
  readonly type: 'held';
  /** For people, with the remedy. */
  readonly why: string;
}

/** What came of placing a letter. */
export type Placing =
  | { readonly type: 'placed'; readonly place: string }
  /** It is not there. Nothing is left of it here either way. */
  | { readonly type: 'refused'; readonly why: string; readonly blame: Blame };

/**
 * Whose fault it is that a letter was refused:
 *
 * - `letter`: its own; it counts against its attempts
 * - `destination`: it takes no letters at present
 * - `place`: where this letter belongs none is taken at present; others go elsewhere, and may well be taken
 */
export type Blame = 'letter' | 'destination' | 'place';

/** A letter that the journal has as `staged`. */
export interface UnsettledLetter {
  readonly letter: IncomingLetter;
  readonly place: string;
  /** Octets and SHA-256 of what the server sent. */
  readonly octets: number;
  readonly sha256: string;
}

export type Settled =
  /** It is where it belongs, durably: as before, or because it was put there now. */
  | { readonly type: 'there'; readonly place: string }
  /** It is not there, and never was: fetch it again. */
  | { readonly type: 'not-there' }
  /** Nobody can tell. It is neither fetched again nor deleted at the server, and reported. */
  | { readonly type: 'not-known'; readonly why: string };

/** A letter that was found. */
export interface FoundLetter {
  readonly place: string;
  /**
   * Octets and SHA-256 of what the server had sent, where they can be worked out. Where they cannot, to place the letter
   * once more must come to the same as to place it once.
   */
  readonly octets: number | undefined;
  readonly sha256: string | undefined;
}
