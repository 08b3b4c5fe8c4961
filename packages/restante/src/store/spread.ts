/** How values of one kind are spread: how many were no more than each bound. */
export interface SpreadReading {
  readonly bounds: readonly number[];
  /** For each bound, the values up to it; those beyond the last are in `count` only. */
  readonly upTo: readonly number[];
  readonly count: number;
  readonly sum: number;
}

/**
 * Counts values by how large they are. It lives in memory that threads may share, so that one counts and another reads
 * without a message between them: a reading may be one value old, and is never torn, since each number is one word.
 */
export class Spread {
  readonly #bounds: readonly number[];
  /** A count for each bound, one for what is beyond the last, and the sum. */
  readonly #numbers: Float64Array;

  /** `bounds` grow. `memory` is new, or from {@link Spread.memory} of as many bounds. */
  constructor(bounds: readonly number[], memory: ArrayBufferLike = new ArrayBuffer(size(bounds))) {
    this.#bounds = bounds;
    this.#numbers = new Float64Array(memory);
  }

  /** Memory for a spread that two threads share. */
  static memory(bounds: readonly number[]): SharedArrayBuffer {
    return new SharedArrayBuffer(size(bounds));
  }

  add(value: number): void {
    const bounds = this.#bounds;
    let place = 0;
    while (place < bounds.length && value > (bounds[place] as number)) place += 1;
    const numbers = this.#numbers;
    numbers[place] = (numbers[place] as number) + 1;
    numbers[bounds.length + 1] = (numbers[bounds.length + 1] as number) + value;
  }

  read(): SpreadReading {
    let count = 0;
    const upTo = this.#bounds.map((_, place) => {
      count += this.#numbers[place] as number;
      return count;
    });
    const [beyond = 0, sum = 0] = this.#numbers.subarray(this.#bounds.length);
    return { bounds: this.#bounds, upTo, count: count + beyond, sum };
  }
}

function size(bounds: readonly number[]): number {
  return (bounds.length + 2) * Float64Array.BYTES_PER_ELEMENT;
}
