const NOTHING = Buffer.alloc(0);
const CRLF = Buffer.from('\r\n');
/** Octets of an unfinished line kept apart, in so many pieces at most: a peer's one-octet packets cost no object each. */
const MOST_PARTS = 64;
/** Octets of a line on average, at most: twice of what a message-number and the longest unique-id need. */
const AVERAGE = 1_024;

/**
 * What makes it no listing: a line above the limit, one that ends with LF and no CR, or more lines, or
 * octets, than were allowed.
 */
export type WrongListing = 'too-long' | 'bare-line-feed' | 'too-many' | 'too-much';

/**
 * Takes a listing in blocks of whole lines, cut anywhere: no object is made of a line until somebody wants it. What it
 * refuses is what is refused where lines are taken one by one.
 */
export class ListingBlocks {
  readonly #longest: number;
  readonly #most: number;
  #lines = 0;
  #octets = 0;
  /** The line that has no end yet. */
  #parts: Buffer[] = [];
  #held = 0;

  /** `line`: octets of a line with its CRLF at most; `lines`: so many of them at most. */
  constructor({ line, lines }: { readonly line: number; readonly lines: number }) {
    this.#longest = line;
    this.#most = lines;
  }

  /** The lines that are whole now, those before anything that is wrong; behind that nothing may come. */
  take(octets: Buffer): { readonly lines: Buffer; readonly wrong: WrongListing | undefined } {
    this.#octets += octets.length;
    // Whoever reads it has to keep all of it until its end has come.
    if (this.#octets > this.#most * AVERAGE + this.#longest) return { lines: NOTHING, wrong: 'too-much' };
    const end = octets.lastIndexOf(0x0a) + 1;
    if (end === 0) return { lines: NOTHING, wrong: this.#keep(octets) };
    const before = octets.subarray(0, end);
    const lines = this.#held === 0 ? before : Buffer.concat([...this.#parts, before]);
    this.#parts = [];
    this.#held = 0;
    const { good, wrong } = this.#look(lines);
    return { lines: lines.subarray(0, good), wrong: wrong ?? this.#keep(octets.subarray(end)) };
  }

  #keep(octets: Buffer): WrongListing | undefined {
    if (octets.length === 0) return undefined;
    this.#held += octets.length;
    // What is above the limit is not kept any more.
    if (this.#held > this.#longest) return 'too-long';
    if (this.#parts.length === MOST_PARTS) this.#parts = [Buffer.concat(this.#parts)];
    this.#parts.push(octets);
    return undefined;
  }

  /** How many octets of whole lines are as they should be, and what is wrong behind them. */
  #look(lines: Buffer): { readonly good: number; readonly wrong: WrongListing | undefined } {
    let at = 0;
    while (at < lines.length) {
      const lineFeed = lines.indexOf(0x0a, at);
      const length = lineFeed + 1 - at;
      this.#lines += 1;
      if (length > this.#longest) return { good: at, wrong: 'too-long' };
      if (length < CRLF.length || lines[lineFeed - 1] !== CRLF[0]) return { good: at, wrong: 'bare-line-feed' };
      if (this.#lines > this.#most) return { good: at, wrong: 'too-many' };
      at = lineFeed + 1;
    }
    return { good: at, wrong: undefined };
  }
}
