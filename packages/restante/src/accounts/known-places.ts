import { NOWHERE } from './tallies.ts';

const WAYS = 16;
/** Of these one name has so many at most, so that nobody's own logins push out much of what is known of others. */
const OF_ONE_NAME = 6;

/**
 * From where somebody logged in well lately: a place under a name, in memory that never grows. Only good logins are
 * entered, so a stranger cannot make it forget anything; a name that logs in from ever new places pushes out its own.
 */
export class KnownPlaces {
  readonly #buckets: number;
  readonly #lately: number;
  readonly #now: () => number;
  readonly #keys: Float64Array;
  readonly #names: Float64Array;
  readonly #at: Float64Array;

  /** `lately` is in milliseconds of `now`. Each place takes 24 octets. */
  constructor(capacity: number, lately: number, now: () => number) {
    this.#buckets = Math.max(1, Math.ceil(capacity / WAYS));
    this.#lately = lately;
    this.#now = now;
    const slots = this.#buckets * WAYS;
    this.#keys = new Float64Array(slots);
    this.#names = new Float64Array(slots);
    this.#at = new Float64Array(slots);
  }

  get octets(): number {
    return this.#keys.byteLength + this.#names.byteLength + this.#at.byteLength;
  }

  /** `key` is of the name and the place together. */
  has(name: number, key: number): boolean {
    const slot = this.#find(name, key);
    return slot !== NOWHERE && this.#now() - (this.#at[slot] ?? 0) <= this.#lately;
  }

  learn(name: number, key: number): void {
    const found = this.#find(name, key);
    const slot = found === NOWHERE ? this.#oldest(name) : found;
    this.#keys[slot] = key;
    this.#names[slot] = name;
    this.#at[slot] = this.#now();
  }

  #find(name: number, key: number): number {
    const first = (name % this.#buckets) * WAYS;
    for (let slot = first; slot < first + WAYS; slot++) if (this.#keys[slot] === key) return slot;
    return NOWHERE;
  }

  /** A free slot, or the one that was used least lately: of the name's own, once it has its share. */
  #oldest(name: number): number {
    const first = (name % this.#buckets) * WAYS;
    const slots = Array.from({ length: WAYS }, (_, way) => first + way);
    const own = slots.filter((slot) => this.#keys[slot] !== 0 && this.#names[slot] === name);
    if (own.length < OF_ONE_NAME) {
      const free = slots.find((slot) => this.#keys[slot] === 0);
      if (free !== undefined) return free;
    }
    const from = own.length < OF_ONE_NAME ? slots : own;
    return from.reduce((oldest, slot) => ((this.#at[slot] ?? 0) < (this.#at[oldest] ?? 0) ? slot : oldest));
  }
}
