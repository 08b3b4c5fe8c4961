/** A letter in the files of another mail system. */
export interface SourceLetter {
  /** Where it is, for people: a file, or a file and which of its letters. */
  readonly place: string;
  /** In the source's order, 1 for the first. */
  readonly number: number;
  /** The name of its file without Maildir's flags, one latin1 character an octet; absent where many letters share one. */
  readonly fileName?: string;
  /** Opens it. Throws an {@link Unreadable} when it cannot be had. */
  open(): OpenLetter;
}

/** A letter that can be read. */
export interface OpenLetter {
  /** Its octets in order, in pieces of {@link PIECE} at most, from the beginning at each call. Throws an {@link Unreadable}. */
  pieces(): Iterable<Buffer>;
  /** Octets in the file: about as many as it will have. */
  readonly size: number;
  /** When it came, in milliseconds since 1970. `head` is the beginning of it, as much as one piece has. */
  arrived(head: Buffer): number;
  close(): void;
}

/** Octets that are read at once. */
export const PIECE = 256 * 1024;

/** Letters to be imported, each of which is looked at once, in the order in which their readers know them. */
export interface Source {
  /** The unit and the sum of what {@link Source.done} counts to. */
  readonly extent: { readonly unit: 'letter' | 'octet'; readonly sum: number };
  /** How much has been gone through so far. */
  readonly done: number;
  letters(): Iterable<SourceLetter>;
  /** What lies in the source and is not taken, by design: known when all letters have been seen. */
  readonly leftOut: readonly LeftOut[];
  close(): void;
}

/** Something that is left where it is. */
export interface LeftOut {
  readonly place: string;
  readonly why: string;
}

/** A letter that cannot be taken: why, and what can be done about it. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
  readonly remedy: string;

  constructor(why: string, remedy: string) {
    super(why);
    this.remedy = remedy;
  }
}
