import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Measure, type Measurements } from '@restante/pop/wire';

/** Octets that one check covers: what is read, verified and handed over at once. */
export const BLOCK = 256 * 1024;

/** What is worked out once about a letter's content, on its way in. */
export interface ContentFacts extends Measurements {
  readonly sha256: Uint8Array;
  /** A CRC-32 for each {@link BLOCK}, little-endian. */
  readonly checks: Uint8Array;
}

const LINE_START_DOT = Buffer.from('\r\n.');
const LF = 0x0a;

/** Works out the facts of a content that comes in pieces. */
export class ContentMeasure {
  readonly #measure = new Measure();
  readonly #hash = createHash('sha256');
  readonly #checks: number[] = [];
  #octets = 0;
  #check = 0;
  #last = LF;

  update(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#measure.push(piece);
    this.#hash.update(piece);
    this.#checkBlocks(piece);
    this.#last = piece[piece.length - 1] ?? LF;
    this.#octets += piece.length;
  }

  get octets(): number {
    return this.#octets;
  }

  /** Whether the last line has its end (or there is no line). */
  get ended(): boolean {
    return this.#last === LF;
  }

  finish(): ContentFacts {
    const checks = Buffer.alloc(4 * Math.ceil(this.#octets / BLOCK));
    for (const [index, check] of this.#checks.entries()) checks.writeUInt32LE(check, 4 * index);
    if (this.#octets % BLOCK !== 0) checks.writeUInt32LE(this.#check, checks.length - 4);
    return { ...this.#measure.end(), sha256: this.#hash.digest(), checks };
  }

  #checkBlocks(octets: Uint8Array): void {
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

/** The same for trace fields, which are at hand whole. */
export function isDotted(trace: Buffer): boolean {
  return trace[0] === 0x2e || trace.includes(LINE_START_DOT);
}
