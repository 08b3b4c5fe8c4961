import type { Entry } from '@restante/pop/maildrop';
import type { BoundRow } from '../index/sqlite/placements.ts';

/** Where a bound letter is. */
export interface BoundLetter {
  readonly octets: number;
  readonly content: number;
  readonly traceDistance: number;
  readonly traceOctets: number;
  readonly traceCheck: number;
}

/** Octets of a unique-id of ours; room for others is made as they come. */
const ID = 22;

/**
 * Letters by message-number, in typed arrays: some sixty octets each, so that a session on a very large maildrop is not
 * a very large session.
 */
export class BoundLetters {
  #length = 0;
  #sum = 0;
  #ordinals: Float64Array;
  #contents: Float64Array;
  #octets: Float64Array;
  #bodies: Float64Array;
  #dotted: Uint8Array;
  #traces: Uint32Array;
  #ids: Buffer;
  #idEnds: Uint32Array;

  constructor(capacity: number) {
    this.#ordinals = new Float64Array(capacity);
    this.#contents = new Float64Array(capacity);
    this.#octets = new Float64Array(capacity);
    this.#bodies = new Float64Array(capacity);
    this.#dotted = new Uint8Array(capacity);
    this.#traces = new Uint32Array(3 * capacity);
    this.#ids = Buffer.allocUnsafeSlow(ID * capacity);
    this.#idEnds = new Uint32Array(capacity);
  }

  /** How many are bound: message-numbers 1 to this. */
  get length(): number {
    return this.#length;
  }

  /** The sum of their octets. */
  get octets(): number {
    return this.#sum;
  }

  push(row: BoundRow): void {
    const [ordinal, uniqueId, octets, body, dotted, content, traceDistance, traceOctets, traceCheck] = row;
    const at = this.#length;
    if (at === this.#ordinals.length) this.#grow();
    this.#ordinals[at] = ordinal;
    this.#contents[at] = content;
    this.#octets[at] = octets;
    this.#bodies[at] = body;
    this.#dotted[at] = dotted;
    this.#traces[3 * at] = traceDistance;
    this.#traces[3 * at + 1] = traceOctets;
    this.#traces[3 * at + 2] = traceCheck;
    const start = at === 0 ? 0 : (this.#idEnds[at - 1] ?? 0);
    const end = start + uniqueId.length;
    if (end > this.#ids.length) this.#ids = Buffer.concat([this.#ids], Math.max(2 * this.#ids.length, end));
    this.#ids.write(uniqueId, start, 'latin1');
    this.#idEnds[at] = end;
    this.#sum += octets;
    this.#length += 1;
  }

  ordinal(number: number): number {
    return this.#ordinals[this.#at(number)] ?? 0;
  }

  letter(number: number): BoundLetter {
    const at = this.#at(number);
    return {
      octets: this.#octets[at] ?? 0,
      content: this.#contents[at] ?? 0,
      traceDistance: this.#traces[3 * at] ?? 0,
      traceOctets: this.#traces[3 * at + 1] ?? 0,
      traceCheck: this.#traces[3 * at + 2] ?? 0,
    };
  }

  entry(number: number): Entry {
    const at = this.#at(number);
    return {
      number,
      uniqueId: this.#ids.toString('latin1', at === 0 ? 0 : this.#idEnds[at - 1], this.#idEnds[at]),
      octets: this.#octets[at] ?? 0,
      body: this.#bodies[at] ?? 0,
      dotted: this.#dotted[at] === 1,
    };
  }

  #at(number: number): number {
    if (!Number.isInteger(number) || number < 1 || number > this.#length) {
      throw new RangeError(`message-number ${number} is not within 1 to ${this.#length}`);
    }
    return number - 1;
  }

  #grow(): void {
    const capacity = 2 * Math.max(this.#ordinals.length, 64);
    this.#ordinals = copied(this.#ordinals, new Float64Array(capacity));
    this.#contents = copied(this.#contents, new Float64Array(capacity));
    this.#octets = copied(this.#octets, new Float64Array(capacity));
    this.#bodies = copied(this.#bodies, new Float64Array(capacity));
    this.#dotted = copied(this.#dotted, new Uint8Array(capacity));
    this.#traces = copied(this.#traces, new Uint32Array(3 * capacity));
    this.#idEnds = copied(this.#idEnds, new Uint32Array(capacity));
  }
}

function copied<Numbers extends Float64Array | Uint32Array | Uint8Array>(from: Numbers, into: Numbers): Numbers {
  into.set(from);
  return into;
}
