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
 * Letters by message-number, in typed arrays: some seventy octets each, so that a session on a very large maildrop is not
 * a very large session. Room for all is asked for at once; the system gives it page by page, as it is filled.
 */
export class BoundLetters {
  #length = 0;
  #sum = 0;
  readonly #ordinals: Float64Array;
  readonly #contents: Float64Array;
  readonly #octets: Float64Array;
  readonly #bodies: Float64Array;
  readonly #dotted: Uint8Array;
  readonly #traces: Uint32Array;
  readonly #times: Float64Array;
  #ids: Buffer;
  readonly #idEnds: Uint32Array;

  constructor(capacity: number) {
    this.#ordinals = new Float64Array(capacity);
    this.#contents = new Float64Array(capacity);
    this.#octets = new Float64Array(capacity);
    this.#bodies = new Float64Array(capacity);
    this.#dotted = new Uint8Array(capacity);
    this.#traces = new Uint32Array(3 * capacity);
    this.#times = new Float64Array(capacity);
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

  /** Gives these letters the next numbers; never more than there is room for. */
  push(rows: readonly BoundRow[]): void {
    const first = this.#length;
    const start = first === 0 ? 0 : (this.#idEnds[first - 1] ?? 0);
    let ids = '';
    for (let index = 0; index < rows.length; index += 1) {
      const row = rows[index] as BoundRow;
      const at = first + index;
      this.#ordinals[at] = row[0];
      this.#octets[at] = row[2];
      this.#bodies[at] = row[3];
      this.#dotted[at] = row[4];
      this.#contents[at] = row[5];
      this.#traces[3 * at] = row[6];
      this.#traces[3 * at + 1] = row[7];
      this.#traces[3 * at + 2] = row[8];
      this.#times[at] = row[9];
      ids += row[1];
      this.#idEnds[at] = start + ids.length;
      this.#sum += row[2];
    }
    const end = start + ids.length;
    if (end > this.#ids.length) this.#ids = Buffer.concat([this.#ids], Math.max(2 * this.#ids.length, end));
    this.#ids.write(ids, start, 'latin1');
    this.#length += rows.length;
  }

  ordinal(number: number): number {
    return this.#ordinals[this.#at(number)] ?? 0;
  }

  /** When it came, in milliseconds since 1970. */
  arrived(number: number): number {
    return this.#times[this.#at(number)] ?? 0;
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
}
