/**
 * The words that every protocol, driver and store here shares.
 * @module
 */

/** A value that is at hand now, or a promise of it: what is cached is answered without waiting a turn. */
export type MaybePromise<T> = T | Promise<T>;

/** One letter as a session knows it. The number is its message-number for as long as the session lasts. */
export interface Entry {
  /** Message-number, 1 to {@link Maildrop.count} (RFC 1939 §4). */
  readonly number: number;
  /** 1 to 70 octets of 0x21 to 0x7E; never changed, never given to another letter (RFC 1939 §7). */
  readonly uniqueId: string;
  /** Octets on the wire before byte-stuffing: every line end counts as two (RFC 1939 §11). */
  readonly octets: number;
  /** Offset of the first octet behind the blank line that ends the header; `octets` when there is none. */
  readonly body: number;
  /** Whether any line begins with "." and so needs byte-stuffing; 19 of 20 letters have none. */
  readonly dotted: boolean;
}

/** Who asks for letters to be removed: what the ledger keeps. */
export interface Actor {
  readonly account: string;
  /** An id of the session, unique on this server. */
  readonly session: string;
  /** The peer's address as text. */
  readonly address: string;
}

/** What a session was handed of its snapshot: message-numbers, ascending, each in one of the two. */
export interface Fetched {
  /** Letters that RETR sent whole. */
  readonly retrieved: readonly number[];
  /** Letters that TOP sent to the last octet, and RETR did not: looked at, and not fetched in the sense of EXPIRE (RFC 2449 §6.7). */
  readonly viewed: readonly number[];
}

/** How a session left its maildrop. */
export interface Leaving extends Fetched {
  /** `quit`, or what it was instead, as the server reports it. */
  readonly end: string;
}

/**
 * A numbered snapshot of one mailbox. What arrives or leaves later does not show in it, and another session never
 * disturbs it. A method that cannot do its work throws, or rejects with, a {@link StoreError}.
 *
 * Octets are canonical: every line ends with CRLF, the last one too, and no bare CR or LF is a line end.
 */
export interface Maildrop {
  /** Letters in the snapshot; their message-numbers are 1 to `count`. */
  readonly count: number;
  /** Sum of the letters' octets. */
  readonly octets: number;
  /**
   * The entries from message-number `from` to `to` (both included, within 1 to `count`), ascending and without a gap. May
   * stop short of `to` after a slice, but has at least the first one. The store binds a number to its letter at the
   * first call that covers it, and never anew.
   */
  entries(from: number, to: number): MaybePromise<readonly Entry[]>;
  /**
   * The letter's octets from offset `from` on: a slice of a size that suits the store, at least one octet, empty
   * only when `from` is the letter's end. Rejects when the octets cannot be had whole and sound.
   */
  read(number: number, from: number): MaybePromise<Uint8Array>;
  /**
   * Removes these letters, and no other. Resolves when the removal is durable; a letter that another session removed
   * already is no failure. `notRemoved` names those that are still in the mailbox (RFC 1939 §6).
   *
   * `fetched` is given when a session ends with QUIT: what it was handed, for a store that keeps a ledger, or whose
   * policy removes what was retrieved (EXT-27). `numbers` may be empty then, and what is kept of it is durable too.
   */
  expunge(
    numbers: readonly number[],
    by: Actor,
    fetched?: Fetched,
  ): Promise<{ readonly notRemoved: readonly number[] }>;
  /**
   * Lets go of the snapshot. May be called more than once; nothing else may be called after it. A session tells how it
   * left the first time, whether or not it came to {@link expunge}.
   */
  close(leaving?: Leaving): void;
}
