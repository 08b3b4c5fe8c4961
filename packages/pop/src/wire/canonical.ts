import { CR, LF, view } from './octets.ts';

const CRLF = Buffer.from('\r\n');
const NOTHING = Buffer.alloc(0);

/**
 * Brings octets into the form that letters are kept in, cut anywhere: a lone LF becomes CRLF, and the last line gets
 * its CRLF (P3-45). A bare CR stays inside its line. The letter without octets stays so.
 */
export class Canonicalizer {
  /** The last octet so far. The beginning is as good as behind a line end. */
  #last = LF;
  #empty = true;

  /** The octets in canonical form; the very same array where nothing needs to change. */
  push(octets: Uint8Array): Uint8Array {
    if (octets.length === 0) return octets;
    const input = view(octets);
    const bare = this.#bareLineFeeds(input);
    this.#empty = false;
    this.#last = input[input.length - 1] as number;
    if (bare.length === 0) return octets;
    const output = Buffer.allocUnsafe(input.length + bare.length);
    let from = 0;
    let to = 0;
    for (const place of bare) {
      to += input.copy(output, to, from, place);
      output[to] = CR;
      to += 1;
      from = place;
    }
    input.copy(output, to, from);
    return output;
  }

  /** What is missing at the end: a CRLF or nothing. */
  end(): Uint8Array {
    return this.#empty || this.#last === LF ? NOTHING : CRLF;
  }

  #bareLineFeeds(input: Buffer): number[] {
    const places: number[] = [];
    let at = input.indexOf(LF);
    if (at === 0) {
      if (this.#last !== CR) places.push(0);
      at = input.indexOf(LF, 1);
    }
    for (; at > 0; at = input.indexOf(LF, at + 1)) {
      if (input[at - 1] !== CR) places.push(at);
    }
    return places;
  }
}

/** One letter, given whole, in canonical form. */
export function canonical(letter: Uint8Array | string): Uint8Array {
  const form = new Canonicalizer();
  const octets = form.push(typeof letter === 'string' ? Buffer.from(letter) : letter);
  const end = form.end();
  return end.length === 0 ? octets : Buffer.concat([octets, end]);
}
