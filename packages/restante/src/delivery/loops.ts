/**
 * A letter that goes round in a loop is stopped by what stands at its head: Received fields (SM-63) and Delivered-To
 * fields (SM-64). Each pass through a mail system puts its fields on top, so the first octets tell.
 * @module
 */

/** RFC 5321 §6.3 asks for 100 at least. */
export const MOST_HOPS = 100;

/**
 * How many octets of a letter are held and looked at, when its head does not end before: 100 Received fields of two
 * and a half kilobytes each. What stands deeper has no say.
 */
export const HEAD_BOUND = 262_144;

/** What a letter's head says about where it has been. */
export interface Whereabouts {
  /** How many Received fields there are. */
  readonly hops: number;
  /** The addresses of its Delivered-To fields, in lower case. */
  readonly deliveredTo: ReadonlySet<string>;
}

const RECEIVED = /(?:^|\n)received[ \t]*:/gi;
const DELIVERED_TO = /(?:^|\n)delivered-to[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)/gi;

/** Reads a head, or the part of one that was held. */
export function whereabouts(head: Buffer): Whereabouts {
  const text = head.toString('latin1');
  let hops = 0;
  for (RECEIVED.lastIndex = 0; RECEIVED.test(text); ) hops += 1;
  const deliveredTo = new Set<string>();
  for (const [, value = ''] of text.matchAll(DELIVERED_TO))
    deliveredTo.add(value.replace(/\s+/g, ' ').trim().toLowerCase());
  return { hops, deliveredTo };
}

/** Whether the letter has been delivered to this address before. */
export function hasBeenAt(places: Whereabouts, address: string): boolean {
  return places.deliveredTo.has(address.toLowerCase());
}

/**
 * Holds the first octets of a letter until its head's end, or the bound, has been seen. A head that comes in one
 * piece, as nearly all do, is not copied.
 */
export class LetterHead {
  #held: Buffer = Buffer.alloc(0);
  #length = 0;

  /**
   * Takes the next octets. Answers `undefined` while the head goes on; else, and only once, all octets taken so far,
   * and where the head ends in them.
   */
  take(octets: Buffer): { readonly octets: Buffer; readonly head: number } | undefined {
    if (this.#length === 0) {
      const head = endOfHead(octets, 0);
      if (head !== undefined) return { octets, head };
    }
    const from = Math.max(0, this.#length - 3);
    this.#append(octets);
    const held = this.#held.subarray(0, this.#length);
    const head = endOfHead(held, from);
    return head === undefined ? undefined : { octets: held, head };
  }

  /** The letter ended within its head: all octets taken. */
  rest(): Buffer {
    return this.#held.subarray(0, this.#length);
  }

  #append(octets: Buffer): void {
    const length = this.#length + octets.length;
    if (length > this.#held.length) {
      const grown = Buffer.allocUnsafe(Math.max(length, 2 * this.#held.length, 4096));
      this.#held.copy(grown, 0, 0, this.#length);
      this.#held = grown;
    }
    octets.copy(this.#held, this.#length);
    this.#length = length;
  }
}

/** Where the head ends, looking from `from` on: behind its blank line, or at the bound. */
function endOfHead(octets: Buffer, from: number): number | undefined {
  if (octets.length >= 2 && octets[0] === 0x0d && octets[1] === 0x0a) return 0;
  const blank = octets.indexOf('\r\n\r\n', from, 'latin1');
  if (blank !== -1 && blank < HEAD_BOUND) return blank + 2;
  return octets.length >= HEAD_BOUND ? HEAD_BOUND : undefined;
}
