/** Which messages are marked as deleted: one bit each, from the first mark on, so that 2 million letters cost 250 KB. */
export class Marks {
  readonly #count: number;
  #bits: Uint8Array | undefined;
  #size = 0;

  /** For message-numbers 1 to `count`. */
  constructor(count: number) {
    this.#count = count;
  }

  /** How many are marked. */
  get size(): number {
    return this.#size;
  }

  has(number: number): boolean {
    return this.#bits !== undefined && ((this.#bits[number >> 3] ?? 0) & (1 << (number & 7))) !== 0;
  }

  add(number: number): void {
    if (this.has(number)) return;
    this.#bits ??= new Uint8Array((this.#count >> 3) + 1);
    this.#bits[number >> 3] = (this.#bits[number >> 3] ?? 0) | (1 << (number & 7));
    this.#size += 1;
  }

  clear(): void {
    this.#bits = undefined;
    this.#size = 0;
  }

  /** The marked ones, ascending. */
  numbers(): number[] {
    const numbers: number[] = [];
    this.#bits?.forEach((octet, index) => {
      for (let bit = 0; octet >> bit !== 0; bit += 1) {
        if ((octet >> bit) & 1) numbers.push(index * 8 + bit);
      }
    });
    return numbers;
  }
}
