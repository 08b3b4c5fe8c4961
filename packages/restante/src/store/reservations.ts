import { type MaybePromise, type Reservation, StoreError } from '@restante/pop/maildrop';

/** What reservations ask the store. */
export interface ReservationRoom {
  /** Octets of the largest letter that is taken. */
  readonly letter: number;
  has(maildrop: string): boolean;
  /** Whether there is room for so many octets, or some can be made. */
  hasRoom(octets: number): MaybePromise<boolean>;
}

/**
 * Octets that one letter keeps from others at most, however long it says that it will be: a hundred connections that announce
 * large letters and never send them would else keep everybody's mail out.
 */
const MOST_KEPT = 1024 * 1024;

/**
 * Room that is kept for letters whose recipients are still being named. Only promises count it: a letter that is there needs
 * real room, whatever others have been promised, and has taken it from the disk while its own reservation still stands.
 */
export class Reservations {
  readonly #room: ReservationRoom;
  #octets = 0;

  constructor(room: ReservationRoom) {
    this.#room = room;
  }

  /** What all of them keep. */
  get octets(): number {
    return this.#octets;
  }

  begin(octets: number): Reservation {
    return new KeptRoom(octets, this.#room, (change) => {
      this.#octets += change;
      return this.#octets;
    });
  }
}

class KeptRoom implements Reservation {
  readonly #octets: number;
  readonly #room: ReservationRoom;
  /** Changes what all keep together, and answers it. */
  readonly #count: (change: number) => number;
  #kept = 0;
  #asking: Promise<StoreError | undefined> | undefined;
  #released = false;

  constructor(octets: number, room: ReservationRoom, count: (change: number) => number) {
    this.#octets = Math.max(octets, 0);
    this.#room = room;
    this.#count = count;
  }

  hold(maildrop: string): MaybePromise<StoreError | undefined> {
    if (this.#released) throw new Error('a reservation that was released holds nothing');
    const before = this.#kept;
    try {
      if (!this.#room.has(maildrop)) {
        return new StoreError('no-maildrop', `there is no maildrop ${JSON.stringify(maildrop)}`);
      }
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

  #keep(): MaybePromise<StoreError | undefined> {
    if (this.#octets > this.#room.letter) {
      return new StoreError('too-large', `a letter of more than ${this.#room.letter} octets is not taken`);
    }
    // It counts from now on: who asks while the answer is on its way is told what is left beside it.
    this.#kept = Math.min(this.#octets, MOST_KEPT);
    // All of the letter has to fit beside what others keep, of which it will keep the less.
    const enough = this.#room.hasRoom(this.#count(this.#kept) - this.#kept + this.#octets);
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
    this.#count(-this.#kept);
    this.#kept = 0;
  }
}
