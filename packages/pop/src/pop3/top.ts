import { LF, view } from '../wire/octets.ts';

/**
 * Cuts a letter as TOP does (RFC 1939 §7): the header, the blank line, and so many lines of the body; all of it when the
 * body has no more (P3-51, P3-52). Lines of the header are not counted (T3).
 */
export class TopCut {
  /** Octets until the body, and lines of the body, still to be let through. */
  #header: number;
  #lines: number;

  /** `body` is the offset of the first octet behind the blank line. */
  constructor(body: number, lines: number) {
    this.#header = body;
    this.#lines = lines;
  }

  /** Whether everything asked for has been let through. */
  get done(): boolean {
    return this.#header === 0 && this.#lines === 0;
  }

  /** The part of the letter's next octets that belongs to the answer. */
  take(octets: Uint8Array): Uint8Array {
    let end = Math.min(this.#header, octets.length);
    this.#header -= end;
    if (this.#header > 0) return octets;
    const letter = view(octets);
    while (this.#lines > 0) {
      const lineFeed = letter.indexOf(LF, end);
      if (lineFeed < 0) return octets;
      end = lineFeed + 1;
      this.#lines -= 1;
    }
    return octets.subarray(0, end);
  }
}
