import { type Findings, Inspection } from './inspection.ts';
import { CR, DOT, LF, view } from './octets.ts';

const LINE_START_DOT = Buffer.from('\r\n.');
const NOTHING = Buffer.alloc(0);
const NO_FINDINGS: Findings = { bareCarriageReturn: undefined, bareLineFeed: undefined, nul: undefined };

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
  /** Un-stuffed octets handed out so far, and what was found in them. */
  #octets = 0;
  readonly #inspection: Inspection | undefined;

  /** With `findings: false` nothing is looked for that has no place in a letter: that takes half of the time. */
  constructor({ findings = true }: { readonly findings?: boolean } = {}) {
    this.#inspection = findings ? new Inspection() : undefined;
  }

  /** Whether CRLF . CRLF has come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Un-stuffed octets handed out so far. */
  get octets(): number {
    return this.#octets;
  }

  /** Nothing found where nothing was to be looked for. */
  get findings(): Findings {
    return this.#inspection?.findings ?? NO_FINDINGS;
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
    this.#inspection?.look(output);
    this.#octets += output.length;
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
}

/** The state behind input whose octets from `from` on lie inside a line or are whole lines. */
function stateBehind(input: Buffer, from: number): number {
  const last = input.length - 1;
  if (input[last] === CR) return AFTER_CR;
  return input[last] === LF && last > from && input[last - 1] === CR ? LINE_START : INSIDE;
}
