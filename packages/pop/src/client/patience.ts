import type { Clock, Timer } from '../server/clock.ts';

/**
 * Waits for one thing at a time, for as long as nothing happens. The timer is not set anew whenever something does: when it
 * rings, it is looked at how long it really has been.
 */
export class Patience<T> {
  readonly #clock: Clock;
  readonly #exhausted: (awaited: T, patience: number) => void;
  #awaited: T | undefined;
  #patience = 0;
  #since = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, exhausted: (awaited: T, patience: number) => void) {
    this.#clock = clock;
    this.#exhausted = exhausted;
  }

  /** From now on this is awaited, so many milliseconds at most; nothing, for `undefined`. No change changes nothing. */
  await(awaited: T | undefined, patience: number): void {
    if (awaited === this.#awaited) return;
    this.#awaited = awaited;
    this.#patience = patience;
    this.#timer?.clear();
    this.#timer = undefined;
    if (awaited === undefined) return;
    this.renew();
    this.#set(patience);
  }

  /** Something has happened: the time begins again. */
  renew(): void {
    this.#since = this.#clock.monotonic();
  }

  #set(milliseconds: number): void {
    this.#timer = this.#clock.set(() => this.#ring(), milliseconds);
  }

  #ring(): void {
    const awaited = this.#awaited;
    if (awaited === undefined) return;
    const now = this.#clock.monotonic();
    const left = this.#since + this.#patience - now;
    if (left > 0) this.#set(left);
    else this.#exhausted(awaited, this.#patience);
  }
}
