import type { Actor, Maildrop, MaybePromise } from './maildrop.ts';
import type { StoreError } from './store-error.ts';

/** One place that a letter goes to. */
export interface Recipient {
  /** The mailbox's name in the store. */
  readonly maildrop: string;
  /** Header fields that stand above the letter in this mailbox only (Return-Path, Delivered-To, Received), each ended by CRLF. */
  readonly trace: Uint8Array;
  /**
   * Recipients with the same number are given the letter all or none, and their answers are one: either each is
   * {@link Placed}, or none has it and each is answered the same error. Absent: it stands for itself. SMTP has one reply for
   * all of an envelope (RFC 5321 §4.2.5), LMTP one for each RCPT, which may lead to several mailboxes. A mailbox that
   * stands elsewhere in the envelope too has the letter when it is placed there, though this group is refused.
   */
  readonly group?: number;
}

/** What a store must know before the octets come. */
export interface Envelope {
  /** The reverse-path without its angle brackets; empty for `<>`. */
  readonly returnPath: string;
  readonly recipients: readonly Recipient[];
  /** The size that the sender declared (RFC 1870), in octets: an estimate, never trusted. */
  readonly declaredOctets?: number;
}

/** Where a letter has been put, durably. */
export interface Placed {
  readonly uniqueId: string;
  /** Octets of the letter in this mailbox, its trace fields included. */
  readonly octets: number;
}

/** A letter on its way in: written, then committed or aborted, once. */
export interface Delivery {
  /**
   * Takes the next octets of the letter, in canonical form (CRLF line ends) and without dots stuffed. Wait for the
   * promise before the next call: that is the back-pressure. The store copies what it keeps. A failure is also
   * remembered: later writes do nothing and commit answers it for every recipient.
   */
  write(octets: Uint8Array): MaybePromise<void>;
  /**
   * The letter is whole. One promise a recipient, in the envelope's order, none of which rejects: each resolves when
   * that recipient's letter survives a power cut, or to the reason why it is not there. A mailbox that stands twice
   * in the envelope gets the letter once, below the trace fields of the first recipient that is answered Placed, and all
   * such answers are that one.
   */
  commit(): readonly Promise<Placed | StoreError>[];
  /** Drops everything. May be called at any time before commit, and more than once. */
  abort(): Promise<void>;
}

/** Room that is kept for one letter while its recipients are being named. Let go of, once, when it is no longer needed. */
export interface Reservation {
  /**
   * Whether this mailbox can take the letter too: if not, why (`no-room`, `over-quota`, `no-maildrop`, …). A store that fails
   * is such an answer too. The room is kept from the first mailbox on that can, once for all of them.
   */
  hold(maildrop: string): MaybePromise<StoreError | undefined>;
  /** May be called more than once; nothing may be held afterwards. */
  release(): void;
}

/** Which expunged letters come back: all that fit every condition. And as what. */
export interface UndeleteChoice {
  /** Only those expunged at or after this time (milliseconds since 1970). */
  readonly since?: number;
  /** Only those with one of these unique-ids. */
  readonly uniqueIds?: readonly string[];
  /** Only those that this session expunged: {@link Actor.session}. */
  readonly session?: string;
  /**
   * Whether they come back under new unique-ids: a client that leaves mail on the server fetches them anew. Default no: a client
   * that remembers the old ones takes them for fetched, or deleted, and may delete them again.
   */
  readonly newUniqueIds?: boolean;
}

/** Mail that is kept. All implementations pass the same conformance suite (`@restante/pop/testing`). */
export interface Store {
  /** A snapshot of the mailbox as it is now. Its cost does not depend on how many letters there are. */
  openMaildrop(name: string): MaybePromise<Maildrop>;
  /** Begins to take a letter in. Never throws: what is wrong shows in commit. */
  beginDelivery(envelope: Envelope): Delivery;
  /**
   * Whether a letter of so many octets could be kept now (RFC 1870 §6.1); a store that cannot tell leaves it out. What
   * happens meanwhile is seen at commit.
   */
  hasRoom?(octets: number): MaybePromise<boolean>;
  /**
   * Begins to keep room for a letter of so many octets (RFC 1870's declared size, or a guess), so that letters which
   * come in at the same time are not all promised the same room. What is reserved is promised to nobody else who asks, up to as
   * much as the store keeps for one letter; a commit may still find less. A store that cannot tell leaves it out. A guess
   * takes room from others, and is no reason to refuse: the letter may be smaller.
   */
  reserve?(octets: number, guessed?: boolean): Reservation;
  /** Brings expunged letters back as new arrivals, with their old unique-ids unless the choice says otherwise. Answers how many. */
  undelete(name: string, choice: UndeleteChoice, by: Actor): Promise<number>;
  /** Destroys letters expunged before this time (milliseconds since 1970) that no open snapshot holds. Answers how many. */
  purge(before: number): Promise<number>;
}
