import type { Socket } from 'node:net';

/** Octets on their way in one direction at most: far more than any link of ours holds at once. */
const MOST = 256 * 1_048_576;

/**
 * Passes on what comes from one socket to another, each octet `delay()` milliseconds after it came. Order and boundaries
 * in time stay, so that pipelining is worth what it is worth on such a link; how much fits in is not limited.
 */
export class Delayed {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #delay: () => number;
  readonly #waiting: { readonly due: number; readonly octets: Buffer | 'end' }[] = [];
  #first = 0;
  #octets = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, delay: () => number) {
    this.#from = from;
    this.#to = to;
    this.#delay = delay;
    from.on('data', (octets: Buffer) => this.#take(octets));
    from.on('end', () => this.#take('end'));
    to.on('drain', () => this.#pass());
  }

  #take(octets: Buffer | 'end'): void {
    this.#waiting.push({ due: performance.now() + this.#delay(), octets });
    this.#octets += octets.length;
    if (this.#octets > MOST) this.#from.pause();
    if (this.#timer === undefined) this.#wait();
  }

  #pass(): void {
    const now = performance.now();
    this.#to.cork();
    while (!this.#to.writableNeedDrain) {
      const next = this.#waiting[this.#first];
      if (next === undefined || next.due > now) break;
      this.#first += 1;
      this.#octets -= next.octets.length;
      if (next.octets === 'end') this.#to.end();
      else this.#to.write(next.octets);
    }
    this.#to.uncork();
    if (this.#first === this.#waiting.length) {
      this.#waiting.length = 0;
      this.#first = 0;
    }
    if (this.#octets <= MOST && this.#from.isPaused()) this.#from.resume();
    this.#wait();
  }

  /** For the next that is due; while the other end takes no more, its `drain` goes on. */
  #wait(): void {
    clearTimeout(this.#timer);
    const next = this.#waiting[this.#first];
    this.#timer =
      next === undefined || this.#to.writableNeedDrain
        ? undefined
        : setTimeout(() => this.#pass(), Math.max(0, next.due - performance.now()));
  }
}
