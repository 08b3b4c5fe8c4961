import { CR, DOT, LF, view } from './octets.ts';

/** What ends a multi-line response or a letter (RFC 1939 §3). */
export const TERMINATOR = '.\r\n';

/**
 * Byte-stuffs a letter's octets on their way out, cut anywhere (RFC 1939 §3, RFC 5321 §4.5.2): a line that begins with
 * a dot gets one more. A bare LF goes out as CRLF, since a tolerant reader might take `LF . LF` for the end of the
 * letter (P3-16); a bare CR stays inside its line.
 */
export class Stuffer {
  /** The last octet so far. A letter begins as if behind a line end, so its first line is stuffed too (T9). */
  #last = LF;

  /** Whether the next octet begins a line: only then may {@link TERMINATOR} follow. */
  get atLineStart(): boolean {
    return this.#last === LF;
  }

  /** The octets as they go out; the very same array where nothing needs to change. */
  stuff(octets: Uint8Array): Uint8Array {
    if (octets.length === 0) return octets;
    const input = view(octets);
    const places = this.#insertions(input);
    this.#last = input[input.length - 1] as number;
    if (places.length === 0) return octets;
    const output = Buffer.allocUnsafe(input.length + places.length);
    let from = 0;
    let to = 0;
    for (const place of places) {
      to += input.copy(output, to, from, place);
      output[to] = input[place] === LF ? CR : DOT;
      to += 1;
      from = place;
    }
    input.copy(output, to, from);
    return output;
  }

  /** What must follow the letter: the terminator, behind a line end if the letter has none of its own (P3-45). */
  end(): string {
    return this.atLineStart ? TERMINATOR : `\r\n${TERMINATOR}`;
  }

  /** Where an octet is to be put in: a CR before a bare LF, a dot before a line's first dot. */
  #insertions(input: Buffer): number[] {
    const places: number[] = [];
    if (this.#last === LF && input[0] === DOT) places.push(0);
    let lineFeed = input.indexOf(LF);
    if (lineFeed === 0) {
      if (this.#last !== CR) places.push(0);
      if (input[1] === DOT) places.push(1);
      lineFeed = input.indexOf(LF, 1);
    }
    while (lineFeed > 0) {
      if (input[lineFeed - 1] !== CR) places.push(lineFeed);
      if (input[lineFeed + 1] === DOT) places.push(lineFeed + 1);
      lineFeed = input.indexOf(LF, lineFeed + 1);
    }
    return places;
  }
}
