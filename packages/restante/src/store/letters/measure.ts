import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Octets that one check covers: what is read, verified and handed over at once. */
export const BLOCK = 256 * 1024;

/** What is worked out once about a letter's content, on its way in. */
export interface ContentFacts {
  readonly octets: number;
  /** Offset of the first octet behind the blank line that ends the header; `octets` when there is none. */
  readonly body: number;
  /** Whether any line begins with ".". */
  readonly dotted: boolean;
  readonly sha256: Uint8Array;
  /** A CRC-32 for each {@link BLOCK}, little-endian. */
  readonly checks: Uint8Array;
}

const CRLF = Buffer.from('\r\n');
const BLANK_LINE = Buffer.from('\r\n\r\n');
const DOTTED_LINE = Buffer.from('\r\n.');

/** Works out the facts of a content that comes in pieces. */
export class ContentMeasure {
  readonly #hash = createHash('sha256');
  readonly #checks: number[] = [];
  #octets = 0;
  #body: number | undefined;
  #dotted = false;
  #check = 0;
  /** The last octets seen, up to three: a CRLF CRLF or CRLF "." may be cut anywhere. */
  #tail = Buffer.alloc(0);

  update(piece: Uint8Array): void {
    if (piece.length === 0) return;
    const octets = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    this.#hash.update(octets);
    this.#checkBlocks(octets);
    // The content's first line has no CRLF in front of it, but is a line all the same.
    const before = this.#octets === 0 ? CRLF : this.#tail;
    const seam = Buffer.concat([before, octets.subarray(0, 3)]);
    this.#dotted ||= seam.includes(DOTTED_LINE) || octets.includes(DOTTED_LINE);
    if (this.#body === undefined) {
      const atSeam = seam.indexOf(BLANK_LINE);
      const inside = atSeam < 0 ? octets.indexOf(BLANK_LINE) : -1;
      if (atSeam >= 0) this.#body = this.#octets - before.length + atSeam + BLANK_LINE.length;
      else if (inside >= 0) this.#body = this.#octets + inside + BLANK_LINE.length;
    }
    this.#tail = Buffer.concat([this.#tail, octets.subarray(-3)]).subarray(-3);
    this.#octets += octets.length;
  }

  get octets(): number {
    return this.#octets;
  }

  /** Whether the last line is ended by CRLF (or there is no line). */
  get ended(): boolean {
    return this.#octets === 0 || this.#tail.subarray(-2).equals(CRLF);
  }

  finish(): ContentFacts {
    const checks = Buffer.alloc(4 * Math.ceil(this.#octets / BLOCK));
    for (const [index, check] of this.#checks.entries()) checks.writeUInt32LE(check, 4 * index);
    if (this.#octets % BLOCK !== 0) checks.writeUInt32LE(this.#check, checks.length - 4);
    return {
      octets: this.#octets,
      body: this.#body ?? this.#octets,
      dotted: this.#dotted,
      sha256: this.#hash.digest(),
      checks,
    };
  }

  #checkBlocks(octets: Buffer): void {
    let from = 0;
    while (from < octets.length) {
      const room = BLOCK - ((this.#octets + from) % BLOCK);
      const part = octets.subarray(from, from + room);
      this.#check = crc32(part, this.#check);
      from += part.length;
      if (part.length === room) {
        this.#checks.push(this.#check);
        this.#check = 0;
      }
    }
  }
}

/** The same two facts for trace fields, which are at hand whole. */
export function isDotted(trace: Buffer): boolean {
  return trace[0] === 0x2e || trace.includes(DOTTED_LINE);
}
