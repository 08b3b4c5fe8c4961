/** One thing's place in a {@link Roster}. */
export interface Place<T> {
  readonly item: T;
  before: Place<T> | undefined;
  after: Place<T> | undefined;
  taken: boolean;
}

/**
 * Things that come and go, oldest first; every operation takes the same short time.
 *
 * A list of linked places and not a Set: a Set that thousands pass through keeps making itself new tables, each one
 * known to the one before it, and so a young collection of garbage keeps every connection that ever stood in one. Measured:
 * half of a server's time in the collector.
 */
export class Roster<T> implements Iterable<T> {
  #oldest: Place<T> | undefined;
  #newest: Place<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Sends the oldest away. */
  takeOldest(): T | undefined {
    const place = this.#oldest;
    if (place !== undefined) this.remove(place);
    return place?.item;
  }

  /** Takes it in, as the newest. */
  add(item: T): Place<T> {
    const place: Place<T> = { item, before: this.#newest, after: undefined, taken: true };
    if (this.#newest === undefined) this.#oldest = place;
    else this.#newest.after = place;
    this.#newest = place;
    this.#size += 1;
    return place;
  }

  /** Gives the place up, and tells whether it was still taken. */
  remove(place: Place<T>): boolean {
    if (!place.taken) return false;
    if (place.before === undefined) this.#oldest = place.after;
    else place.before.after = place.after;
    if (place.after === undefined) this.#newest = place.before;
    else place.after.before = place.before;
    place.before = undefined;
    place.after = undefined;
    place.taken = false;
    this.#size -= 1;
    return true;
  }

  /** All that are there now; they may leave meanwhile. */
  *[Symbol.iterator](): Iterator<T> {
    const items: T[] = [];
    for (let place = this.#oldest; place !== undefined; place = place.after) items.push(place.item);
    yield* items;
  }
}
