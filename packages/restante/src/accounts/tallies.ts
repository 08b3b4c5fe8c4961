/** Slots that a key may stand in. */
const WAYS = 16;

/** What counts as nothing any more. */
const FORGOTTEN = 0.05;

/** Taken for a slot where nothing is kept. */
export const NOWHERE = -1;

export interface TalliesOptions {
  /** Keys that can be counted at once; made a multiple of 16. Each takes 28 octets and what {@link marks} take. */
  readonly capacity: number;
  /** After so many milliseconds a count is half of what it was. */
  readonly halfLife: number;
  /** Milliseconds of a clock that never steps back. */
  readonly now: () => number;
  /** Marks that are remembered with each key, the latest ones; 8 octets each. */
  readonly marks?: number;
}

/**
 * Counts that fade, of things that peers choose, in memory that is taken once and never grows.
 *
 * A key is a keyed hash, so nobody knows which others it shares its slots with. When they are full the lowest count gives
 * way, and the newcomer goes on from it: a count may be too high by that, and never too low (Metwally and others,
 * "Space-Saving", 2005). So nobody has a count forgotten by flooding the table with new keys.
 */
export class Tallies {
  readonly #options: TalliesOptions;
  readonly #buckets: number;
  readonly #keys: Float64Array;
  readonly #counts: Float64Array;
  /** When the count was what it says. */
  readonly #since: Float64Array;
  readonly #pending: Uint32Array;
  readonly #marks: Float64Array;

  constructor(options: TalliesOptions) {
    this.#options = options;
    this.#buckets = Math.max(1, Math.ceil(options.capacity / WAYS));
    const slots = this.#buckets * WAYS;
    this.#keys = new Float64Array(slots);
    this.#counts = new Float64Array(slots);
    this.#since = new Float64Array(slots);
    this.#pending = new Uint32Array(slots);
    this.#marks = new Float64Array(slots * (options.marks ?? 0));
  }

  /** Octets that it takes, whatever is counted. */
  get octets(): number {
    return [this.#keys, this.#counts, this.#since, this.#pending, this.#marks].reduce(
      (sum, { byteLength }) => sum + byteLength,
      0,
    );
  }

  /** Where the key stands; {@link NOWHERE} if it is not counted. */
  find(key: number): number {
    const first = (key % this.#buckets) * WAYS;
    for (let slot = first; slot < first + WAYS; slot++) if (this.#keys[slot] === key) return slot;
    return NOWHERE;
  }

  /** Where it stands from now on, if a slot is free that counts for nothing: else {@link NOWHERE}. */
  place(key: number): number {
    const found = this.find(key);
    if (found !== NOWHERE) return found;
    const slot = this.#lowest(key);
    return slot === NOWHERE || this.count(slot) > 0 ? NOWHERE : this.#give(slot, key);
  }

  /** Counts one, whoever has to make room for it. */
  add(key: number): void {
    let slot = this.find(key);
    if (slot === NOWHERE) {
      slot = this.#lowest(key);
      // Something is under way in each of the slots: thousands would have to be open at once.
      if (slot === NOWHERE) return;
      this.#give(slot, key);
    }
    this.#counts[slot] = this.count(slot) + 1;
    this.#since[slot] = this.#options.now();
  }

  #lowest(key: number): number {
    const first = (key % this.#buckets) * WAYS;
    let lowest = NOWHERE;
    let least = Infinity;
    for (let slot = first; slot < first + WAYS && least > 0; slot++) {
      if (this.#pending[slot] !== 0) continue;
      const count = this.count(slot);
      if (count >= least) continue;
      least = count;
      lowest = slot;
    }
    return lowest;
  }

  #give(slot: number, key: number): number {
    const { marks = 0 } = this.#options;
    this.#keys[slot] = key;
    this.#marks.fill(0, slot * marks, (slot + 1) * marks);
    return slot;
  }

  /** The count as it is by now. */
  count(slot: number): number {
    const count = this.#counts[slot] ?? 0;
    if (count === 0) return 0;
    const age = Math.max(0, this.#options.now() - (this.#since[slot] ?? 0));
    const now = count * 2 ** (-age / this.#options.halfLife);
    return now < FORGOTTEN ? 0 : now;
  }

  clear(slot: number): void {
    if (slot !== NOWHERE) this.#counts[slot] = 0;
  }

  /** What is under way under this key, and not counted yet. */
  pending(slot: number): number {
    return this.#pending[slot] ?? 0;
  }

  begin(slot: number): void {
    if (slot !== NOWHERE) this.#pending[slot] = this.pending(slot) + 1;
  }

  end(slot: number): void {
    if (slot !== NOWHERE) this.#pending[slot] = this.pending(slot) - 1;
  }

  hasMark(slot: number, mark: number): boolean {
    const { marks = 0 } = this.#options;
    return slot !== NOWHERE && this.#marks.subarray(slot * marks, (slot + 1) * marks).includes(mark);
  }

  /** Remembers it, as the latest. */
  mark(slot: number, mark: number): void {
    const { marks = 0 } = this.#options;
    if (slot === NOWHERE || marks === 0) return;
    const first = slot * marks;
    this.#marks.copyWithin(first + 1, first, first + marks - 1);
    this.#marks[first] = mark;
  }

  /** Keys that are counted so high now. Looks at all of them: for a person's question, not for each login. */
  above(count: number): number {
    let found = 0;
    for (let slot = 0; slot < this.#keys.length; slot++) if (this.count(slot) >= count) found++;
    return found;
  }
}
