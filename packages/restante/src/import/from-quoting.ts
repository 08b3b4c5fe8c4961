/**
 * What mboxrd does to lines that would be taken for the beginning of the next letter: `From `, and any number of `>`
 * before it, gets one more `>`. Taking one away again is exact, also for a file of the older mboxo kind, which quotes `From `
 * only: what it wrote as `>From ` is almost always such a line.
 * @module
 */

const FROM = Buffer.from('From ');
const QUOTE = 0x3e;
const LF = 0x0a;

/** Puts in, or takes away, one `>` in each line that consists of `>`s and `From ` at its beginning; cut anywhere. */
abstract class Quoting {
  /** The end of what came before, while it may be the beginning of `>From `: five octets at most. */
  #held: Buffer = Buffer.alloc(0);
  /** Whether what has gone out ends at the beginning of a line, or with nothing but `>`s since. */
  #open = true;

  push(piece: Buffer): Buffer {
    const octets = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    const end = octets.length - heldBack(octets);
    this.#held = Buffer.from(octets.subarray(end));
    return this.#change(octets.subarray(0, end));
  }

  /** What was held back. */
  end(): Buffer {
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    return rest;
  }

  #change(octets: Buffer): Buffer {
    const parts: Buffer[] = [];
    let from = 0;
    for (let at = octets.indexOf(FROM); at >= 0; at = octets.indexOf(FROM, at + FROM.length)) {
      if (!this.#atLineStart(octets, at)) continue;
      from = this.change(octets, from, at, parts);
    }
    if (octets.length > 0) this.#open = this.#atLineStart(octets, octets.length);
    if (from === 0 && parts.length === 0) return octets;
    parts.push(octets.subarray(from));
    return Buffer.concat(parts);
  }

  /** Whether nothing but `>`s stands between the beginning of the line and `at`. */
  #atLineStart(octets: Buffer, at: number): boolean {
    let before = at - 1;
    while (before >= 0 && octets[before] === QUOTE) before -= 1;
    return before < 0 ? this.#open : octets[before] === LF;
  }

  /** Takes what stands from `from` on to `parts`, for a `From ` at `at`; answers from where on nothing is taken yet. */
  protected abstract change(octets: Buffer, from: number, at: number, parts: Buffer[]): number;
}

/** For a letter that goes into an mbox file. */
export class FromQuoter extends Quoting {
  protected change(octets: Buffer, from: number, at: number, parts: Buffer[]): number {
    parts.push(octets.subarray(from, at), ONE_QUOTE);
    return at;
  }
}

/** For a letter that comes out of an mbox file. */
export class FromUnquoter extends Quoting {
  protected change(octets: Buffer, from: number, at: number, parts: Buffer[]): number {
    if (octets[at - 1] !== QUOTE) return from;
    parts.push(octets.subarray(from, at - 1));
    return at;
  }
}

const ONE_QUOTE = Buffer.from('>');
const QUOTED = Buffer.from('>From ');

/** How many octets at the end may be the beginning of `>From ` or of `From `. */
function heldBack(octets: Buffer): number {
  for (let length = Math.min(QUOTED.length - 1, octets.length); length > 0; length -= 1) {
    const tail = octets.subarray(octets.length - length);
    const quoted = tail.equals(QUOTED.subarray(0, length));
    if (quoted || (length < FROM.length && tail.equals(FROM.subarray(0, length)))) return length;
  }
  return 0;
}
