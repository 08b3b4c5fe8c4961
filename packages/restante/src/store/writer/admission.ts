import type { Answer, OrderOf } from './orders.ts';
import type { Room } from './room.ts';

/** What is to be done with letters: those that go into a batch, and those among them that are refused in it. */
export interface Admitted {
  readonly orders: readonly OrderOf<'deliver'>[];
  readonly refused: ReadonlySet<OrderOf<'deliver'>>;
}

/** What has waited for room, when nothing more is to be had by waiting. */
export interface Relieved {
  readonly orders: readonly OrderOf<'deliver'>[];
  readonly answers: readonly Answer[];
}

/**
 * Lets letters in as long as there is room. One for which there is none waits until all was done to make some: what was
 * expunged is destroyed before mail is refused.
 */
export class Admission {
  readonly #room: Room;
  readonly #batch: number;
  readonly #press: () => void;
  #held: OrderOf<'deliver'>[] = [];
  #asked: OrderOf<'room'>[] = [];
  /** Whether all was done to make room since there was enough of it. */
  #relieved = false;

  /** `batch` is the octets of a batch; `press` has room made. */
  constructor(room: Room, batch: number, press: () => void) {
    this.#room = room;
    this.#batch = batch;
    this.#press = press;
  }

  /** Throws when the disk does not say what room it has. */
  admit(orders: readonly OrderOf<'deliver'>[]): Admitted {
    const without = orders.length > 0 ? this.#withoutRoom(orders) : new Set<OrderOf<'deliver'>>();
    if (without.size === 0 || this.#relieved) return { orders, refused: without };
    this.#pressUnlessWaiting();
    this.#held.push(...without);
    return { orders: orders.filter((order) => !without.has(order)), refused: new Set() };
  }

  /** Whether there is room; undefined when the question waits too. */
  ask(order: OrderOf<'room'>): Answer | undefined {
    const enough = this.left() >= order.octets;
    if (enough || this.#relieved || !order.wait) {
      return { type: 'done', id: order.id, result: enough || !(this.#relieved || order.wait) };
    }
    this.#pressUnlessWaiting();
    this.#asked.push(order);
    return undefined;
  }

  /** All was done to make room. */
  relieve(): Relieved {
    this.#relieved = true;
    const answers = this.#asked.splice(0).map(({ id, octets }): Answer => {
      return { type: 'done', id, result: this.left() >= octets };
    });
    return { orders: this.#held.splice(0), answers };
  }

  /** There may be something to destroy again. */
  unrelieve(): void {
    this.#relieved = false;
  }

  /** Nobody makes room any more. */
  close(): Relieved {
    this.#relieved = true;
    const answers = this.#asked.splice(0).map(({ id }): Answer => ({ type: 'done', id, result: false }));
    return { orders: this.#held.splice(0), answers };
  }

  /** The room as a report tells it: none where the disk does not say. */
  left(): number {
    try {
      return this.#room.left();
    } catch {
      return 0;
    }
  }

  #pressUnlessWaiting(): void {
    if (this.#held.length + this.#asked.length === 0) this.#press();
  }

  #withoutRoom(orders: readonly OrderOf<'deliver'>[]): Set<OrderOf<'deliver'>> {
    const without = new Set<OrderOf<'deliver'>>();
    // Imports keep their order: none overtakes one that waits.
    const waiting = new Set(this.#held.flatMap(maildropOfImport));
    let left = this.#room.left();
    for (const order of orders) {
      // A staged file has its room already.
      const needed = typeof order.record === 'string' ? 0 : order.octets;
      const behind = maildropOfImport(order).some((maildrop) => waiting.has(maildrop));
      if (left >= needed && !behind) {
        left -= needed;
        continue;
      }
      without.add(order);
      for (const maildrop of maildropOfImport(order)) waiting.add(maildrop);
    }
    // Room has come back: should it go again, there may be something to destroy again.
    if (without.size === 0 && left > this.#batch) this.#relieved = false;
    return without;
  }
}

function maildropOfImport(order: OrderOf<'deliver'>): readonly string[] {
  return order.import ? order.placements.map(({ maildrop }) => maildrop) : [];
}
