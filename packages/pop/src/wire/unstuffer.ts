import { CR, DOT, LF, NUL, view } from './octets.ts';

/** Octets that have no place in a letter, each with the offset of its first occurrence in the un-stuffed letter. */
export interface Findings {
  /** A CR that no LF follows. */
  readonly bareCarriageReturn: number | undefined;
  /** An LF that no CR stands before. */
  readonly bareLineFeed: number | undefined;
  readonly nul: number | undefined;
}

const LINE_START_DOT = Buffer.from('\r\n.');
const NOTHING = Buffer.alloc(0);

/** How much of CRLF . CRLF has just been seen. A dot and CR at a line's start are held back until the next octet tells. */
const INSIDE = 0;
const AFTER_CR = 1;
const LINE_START = 2;
const AFTER_DOT = 3;
const AFTER_DOT_CR = 4;

/**
 * Takes a byte-stuffed letter from a connection, cut anywhere: what comes behind DATA in SMTP and LMTP, and behind the
 * first line of a multi-line response in POP3. Only CRLF . CRLF ends it (SM-20, P3-15); a dot that begins a line is
 * removed (SM-22); nothing else is added, lost or changed (SM-23).
 *
 * ```ts
 * const octets = reader.unstuff(chunk);
 * if (octets.length > 0) await delivery.write(octets);
 * if (reader.ended) lines.push(reader.takeRest());
 * ```
 */
export class Unstuffer {
  /** A letter begins behind a line end: a dot and CRLF at once is an empty letter. */
  #state = LINE_START;
  #ended = false;
  #rest: Buffer = NOTHING;
  /** Un-stuffed octets handed out so far, and the last of them. */
  #octets = 0;
  #last = LF;
  #bareCarriageReturn: number | undefined;
  #bareLineFeed: number | undefined;
  #nul: number | undefined;

  /** Whether CRLF . CRLF has come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Un-stuffed octets handed out so far. */
  get octets(): number {
    return this.#octets;
  }

  get findings(): Findings {
    return { bareCarriageReturn: this.#bareCarriageReturn, bareLineFeed: this.#bareLineFeed, nul: this.#nul };
  }

  /** Octets that came behind the end: the next command's. Once; the reader keeps nothing of them. */
  takeRest(): Buffer {
    const rest = this.#rest;
    this.#rest = NOTHING;
    return rest;
  }

  /** The letter's next octets, possibly none: a view of the chunk where no dot had to go. Not to be called after the end. */
  unstuff(chunk: Uint8Array): Buffer {
    if (this.#ended) throw new Error('octets were given to a letter that has ended');
    const input = view(chunk);
    const heldCR = this.#state === AFTER_DOT_CR;
    const ranges = this.#ranges(input);
    // A held CR that turned out to be the letter's own, since no LF followed it.
    const parts: Buffer[] = heldCR && input.length > 0 && input[0] !== LF ? [Buffer.from([CR])] : [];
    for (let i = 0; i < ranges.length; i += 2) {
      const part = input.subarray(ranges[i], ranges[i + 1]);
      if (part.length > 0) parts.push(part);
    }
    const output = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
    this.#note(output);
    return output;
  }

  /** Which parts of the input belong to the letter: from, to, from, to, and so on. Moves the state. */
  #ranges(input: Buffer): number[] {
    const ranges: number[] = [];
    let from = 0;
    let at = 0;
    let state = this.#state;
    while (at < input.length) {
      if (state === INSIDE) {
        const found = input.indexOf(LINE_START_DOT, at);
        if (found < 0) {
          state = stateBehind(input, at);
          break;
        }
        ranges.push(from, found + 2);
        at = found + 3;
        from = at;
        state = AFTER_DOT;
        continue;
      }
      const octet = input[at];
      if (state === AFTER_CR && octet === LF) {
        state = LINE_START;
        at += 1;
      } else if (state === LINE_START && octet === DOT) {
        ranges.push(from, at);
        at += 1;
        from = at;
        state = AFTER_DOT;
      } else if (state === AFTER_DOT && octet === CR) {
        from = at;
        at += 1;
        state = AFTER_DOT_CR;
      } else if (state === AFTER_DOT_CR && octet === LF) {
        this.#ended = true;
        this.#rest = input.subarray(at + 1);
        return ranges;
      } else {
        state = INSIDE;
      }
    }
    this.#state = state;
    ranges.push(from, state === AFTER_DOT_CR ? from : input.length);
    return ranges;
  }

  /** Keeps the first offset of what has no place in a letter. */
  #note(part: Buffer): void {
    if (part.length === 0) return;
    if (this.#nul === undefined) {
      const nul = part.indexOf(NUL);
      if (nul >= 0) this.#nul = this.#octets + nul;
    }
    if (this.#bareCarriageReturn === undefined) {
      // A CR that ends a part is judged by the next part's first octet.
      if (this.#last === CR && part[0] !== LF) this.#bareCarriageReturn = this.#octets - 1;
      else this.#bareCarriageReturn = this.#firstBareCR(part);
    }
    if (this.#bareLineFeed === undefined) {
      if (this.#last !== CR && part[0] === LF) this.#bareLineFeed = this.#octets;
      else this.#bareLineFeed = this.#firstBareLF(part);
    }
    this.#octets += part.length;
    this.#last = part[part.length - 1] as number;
  }

  #firstBareCR(part: Buffer): number | undefined {
    for (let at = part.indexOf(CR); at >= 0 && at < part.length - 1; at = part.indexOf(CR, at + 1)) {
      if (part[at + 1] !== LF) return this.#octets + at;
    }
    return undefined;
  }

  #firstBareLF(part: Buffer): number | undefined {
    for (let at = part.indexOf(LF, 1); at >= 0; at = part.indexOf(LF, at + 1)) {
      if (part[at - 1] !== CR) return this.#octets + at;
    }
    return undefined;
  }
}

/** The state behind input whose octets from `from` on lie inside a line or are whole lines. */
function stateBehind(input: Buffer, from: number): number {
  const last = input.length - 1;
  if (input[last] === CR) return AFTER_CR;
  return input[last] === LF && last > from && input[last - 1] === CR ? LINE_START : INSIDE;
}
