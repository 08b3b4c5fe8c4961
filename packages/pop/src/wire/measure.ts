import { view } from './octets.ts';

/** What every session needs to know of a letter, worked out once, on its way in. */
export interface Measurements {
  /** All octets: what LIST shows (RFC 1939 §11). */
  readonly octets: number;
  /** Offset of the first octet behind the blank line that ends the header; `octets` when there is none. */
  readonly body: number;
  /** Whether any line begins with a dot. */
  readonly dotted: boolean;
}

const BLANK_LINE = Buffer.from('\r\n\r\n');
const LINE_START_DOT = Buffer.from('\r\n.');
/** The longest needle less one: what must be kept of a part to find what lies across its end. */
const KEPT = BLANK_LINE.length - 1;

/** Measures a letter in canonical form as its octets stream by, cut anywhere. */
export class Measure {
  #octets = 0;
  #body: number | undefined;
  #dotted = false;
  /** The last octets so far. A letter begins as if behind a line end: so a leading dot or blank line is found like any other. */
  #tail: Buffer = Buffer.from('\r\n');

  push(part: Uint8Array): void {
    if (part.length === 0) return;
    if (this.#body === undefined || !this.#dotted) {
      const octets = view(part);
      const seam = Buffer.concat([this.#tail, octets.subarray(0, KEPT)]);
      this.#search(seam, this.#octets - this.#tail.length);
      this.#search(octets, this.#octets);
      const last = octets.length >= KEPT ? octets : seam;
      this.#tail = Buffer.from(last.subarray(Math.max(0, last.length - KEPT)));
    }
    this.#octets += part.length;
  }

  /** The result for all octets so far. */
  end(): Measurements {
    return { octets: this.#octets, body: this.#body ?? this.#octets, dotted: this.#dotted };
  }

  #search(octets: Buffer, offset: number): void {
    if (this.#body === undefined) {
      const found = octets.indexOf(BLANK_LINE);
      if (found >= 0) this.#body = offset + found + BLANK_LINE.length;
    }
    this.#dotted ||= octets.includes(LINE_START_DOT);
  }
}

/** Measures one letter, given whole and in canonical form. */
export function measure(letter: Uint8Array): Measurements {
  const scanner = new Measure();
  scanner.push(letter);
  return scanner.end();
}
