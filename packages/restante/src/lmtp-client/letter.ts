import { Canonicalizer, Stuffer } from '@restante/pop/wire';

/** Where a letter's octets come from: as often as it is asked for. */
export type Octets = () => Iterable<Buffer>;

/** What has to be known of a letter before it is sent. */
export interface LetterFacts {
  /** With CRLF line ends, not stuffed (RFC 1870 §5). */
  readonly size: number;
  readonly eightBit: boolean;
  /** Whether a CR stands alone in it. */
  readonly bareCr: boolean;
}

/** A letter that can be sent. */
export interface SendableLetter {
  /** What goes behind DATA: lines that begin with a dot have one more, and the terminator stands at the end (SM-22, SM-26). */
  stuffed(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** Works out the facts of a letter that comes in pieces, with CRLF line ends. */
export class LetterLook {
  #size = 0;
  #eightBit = false;
  #bareCr = false;
  #behindCr = false;

  push(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#size += piece.length;
    const text = piece.toString('latin1');
    this.#eightBit ||= /[\x80-\xff]/.test(text);
    this.#bareCr ||= (this.#behindCr && text[0] !== '\n') || /\r(?=[^\n])/.test(text);
    this.#behindCr = text.endsWith('\r');
  }

  get facts(): LetterFacts {
    return { size: this.#size, eightBit: this.#eightBit, bareCr: this.#bareCr };
  }
}

/** A letter as local programs hand it over: LF ends a line (SM-21), and a `From ` line of an mbox file may stand first. */
export class LocalLetter implements SendableLetter {
  readonly #octets: Octets;

  constructor(octets: Octets) {
    this.#octets = octets;
  }

  /** Goes through all of it. */
  look(): LetterFacts {
    const look = new LetterLook();
    for (const piece of this.#canonical()) look.push(piece);
    return look.facts;
  }

  *stuffed(): Generator<Uint8Array> {
    const stuffer = new Stuffer();
    for (const piece of this.#canonical()) yield stuffer.stuff(piece);
    yield Buffer.from(stuffer.end());
  }

  *#canonical(): Generator<Buffer> {
    const form = new Canonicalizer();
    for (const piece of withoutFromLine(this.#octets())) {
      const octets = form.push(piece);
      if (octets.length > 0) yield Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
    }
    const end = form.end();
    if (end.length > 0) yield Buffer.from(end);
  }
}

const FROM = 'From ';
const LF = 0x0a;

/** Drops a first line that begins with `From `: it is of the file, or the pipe, that the letter came in. */
function* withoutFromLine(pieces: Iterable<Buffer>): Generator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  let dropping = false;
  for (const piece of pieces) {
    let octets: Buffer = piece;
    if (head !== undefined) {
      octets = head.length === 0 ? piece : Buffer.concat([head, piece]);
      head = undefined;
      if (octets.length < FROM.length && FROM.startsWith(octets.toString('latin1'))) {
        head = octets;
        continue;
      }
      dropping = octets.toString('latin1', 0, FROM.length) === FROM;
    }
    if (dropping) {
      const end = octets.indexOf(LF);
      if (end === -1) continue;
      dropping = false;
      octets = octets.subarray(end + 1);
    }
    if (octets.length > 0) yield octets;
  }
  if (head !== undefined && head.length > 0) yield head;
}
