import { type MaybePromise, type Reservation, StoreError } from '@restante/pop/maildrop';

import type { Held, Quota } from './quota.ts';

/** What reservations ask the store. */
export interface ReservationRoom {
  /** Octets of the largest letter that is taken. */
  readonly letter: number;
  /** What it holds, and may hold; undefined where there is no such maildrop. */
  find(maildrop: string): (Held & { readonly quota: Quota | undefined }) | undefined;
  /** Whether there is room for so many octets, or some can be made. */
  hasRoom(octets: number): MaybePromise<boolean>;
}

/**
 * Octets that one letter keeps from others at most, however long it says that it will be: a hundred connections that announce
 * large letters and never send them would else keep everybody's mail out.
 */
const MOST_KEPT = 1024 * 1024;

/**
 * Room that is kept for letters whose recipients are still being named, on the disk and within the quotas of their maildrops. Only
 * promises count it: a letter that is there needs real room, whatever others have been promised, and has taken it from the
 * disk while its own reservation still stands.
 */
export class Reservations {
  readonly #room: ReservationRoom;
  #octets = 0;
  /** What is promised in each maildrop. */
  readonly #promised = new Map<string, Held>();

  constructor(room: ReservationRoom) {
    this.#room = room;
  }

  /** What all of them keep. */
  get octets(): number {
    return this.#octets;
  }

  /** `guessed`: how large the letter will be was not said. */
  begin(octets: number, guessed = false): Reservation {
    return new KeptRoom(octets, guessed, this.#room, {
      keep: (change) => {
        this.#octets += change;
        return this.#octets;
      },
      promised: (maildrop) => this.#promised.get(maildrop) ?? NOTHING,
      promise: (maildrop, letters, change) => {
        const { count, octets: before } = this.#promised.get(maildrop) ?? NOTHING;
        if (count + letters === 0) this.#promised.delete(maildrop);
        else this.#promised.set(maildrop, { count: count + letters, octets: before + change });
      },
    });
  }
}

const NOTHING: Held = { count: 0, octets: 0 };

/** What all reservations keep, as one of them sees it. */
interface Promises {
  /** Changes what all keep of the disk together, and answers it. */
  keep(change: number): number;
  /** What is promised in a maildrop. */
  promised(maildrop: string): Held;
  /** Changes that. */
  promise(maildrop: string, letters: number, octets: number): void;
}

class KeptRoom implements Reservation {
  readonly #octets: number;
  readonly #guessed: boolean;
  readonly #room: ReservationRoom;
  readonly #promises: Promises;
  /** Where the letter is promised a place, within what may be promised of it. */
  readonly #maildrops = new Set<string>();
  #kept = 0;
  #asking: Promise<StoreError | undefined> | undefined;
  #released = false;

  constructor(octets: number, guessed: boolean, room: ReservationRoom, promises: Promises) {
    this.#octets = Math.max(octets, 0);
    this.#room = room;
    this.#guessed = guessed;
    this.#promises = promises;
  }

  hold(maildrop: string): MaybePromise<StoreError | undefined> {
    if (this.#released) throw new Error('a reservation that was released holds nothing');
    const before = this.#kept;
    try {
      const found = this.#room.find(maildrop);
      if (!found) return new StoreError('no-maildrop', `there is no maildrop ${JSON.stringify(maildrop)}`);
      if (this.#octets > this.#room.letter) {
        return new StoreError('too-large', `a letter of more than ${this.#room.letter} octets is not taken`);
      }
      const refusal = this.#promise(maildrop, found);
      if (refusal) return refusal;
      if (this.#asking !== undefined) return this.#asking;
      // All recipients share the letter.
      return this.#kept > 0 ? undefined : this.#keep();
    } catch (error) {
      if (before === 0) this.#letGo();
      return StoreError.from(error);
    }
  }

  release(): void {
    this.#released = true;
    this.#letGo();
  }

  /** Promises the letter its place in a maildrop, once; or answers why there is none, beside what others are promised there. */
  #promise(
    maildrop: string,
    { quota, count, octets }: Held & { readonly quota: Quota | undefined },
  ): StoreError | undefined {
    if (quota === undefined || this.#maildrops.has(maildrop)) return undefined;
    const others = this.#promises.promised(maildrop);
    const held = { count: count + others.count, octets: octets + others.octets };
    // A letter of unknown size is taken wherever there is room for one: what it lacks is seen when it is there.
    const refusal = quota.refusal(maildrop, held, this.#guessed ? 0 : this.#octets);
    if (refusal) return refusal;
    this.#maildrops.add(maildrop);
    this.#promises.promise(maildrop, 1, Math.min(this.#octets, MOST_KEPT));
    return undefined;
  }

  #keep(): MaybePromise<StoreError | undefined> {
    // It counts from now on: who asks while the answer is on its way is told what is left beside it.
    this.#kept = Math.min(this.#octets, MOST_KEPT);
    // All of the letter has to fit beside what others keep, of which it will keep the less.
    const enough = this.#room.hasRoom(this.#promises.keep(this.#kept) - this.#kept + this.#octets);
    if (!(enough instanceof Promise)) return this.#settle(enough);
    this.#asking = enough
      .then(
        (answer) => this.#settle(answer),
        (error) => {
          this.#letGo();
          return StoreError.from(error);
        },
      )
      .finally(() => {
        this.#asking = undefined;
      });
    return this.#asking;
  }

  #settle(enough: boolean): StoreError | undefined {
    if (enough) return undefined;
    this.#letGo();
    return new StoreError('no-room', `there is no room for a letter of ${this.#octets} octets`);
  }

  #letGo(): void {
    this.#promises.keep(-this.#kept);
    this.#kept = 0;
    for (const maildrop of this.#maildrops) this.#promises.promise(maildrop, -1, -Math.min(this.#octets, MOST_KEPT));
    this.#maildrops.clear();
  }
}
