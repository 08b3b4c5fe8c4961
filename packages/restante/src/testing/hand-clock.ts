import type { Clock, Timer } from '@restante/pop/server';

/** A timer that somebody has set and that rings when the test wants it to. */
export interface SetTimer {
  readonly milliseconds: number;
  ring(): void;
}

/** A clock for what does slow work between two timers: the test waits for the next one to be set, and rings it by hand. */
export class HandClock implements Clock {
  #set: SetTimer[] = [];
  #waiting: (() => void)[] = [];

  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  set(ring: () => void, milliseconds: number): Timer {
    const timer = { milliseconds, ring };
    this.#set.push(timer);
    for (const tell of this.#waiting.splice(0)) tell();
    return {
      clear: () => {
        this.#set = this.#set.filter((each) => each !== timer);
      },
    };
  }

  /** The timer of this length, once one is set; it is taken off the clock. */
  async next(milliseconds: number): Promise<SetTimer> {
    for (;;) {
      const found = this.#set.find((each) => each.milliseconds === milliseconds);
      if (found !== undefined) {
        this.#set = this.#set.filter((each) => each !== found);
        return found;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Waits for a timer of this length and rings it. */
  async ring(milliseconds: number): Promise<void> {
    (await this.next(milliseconds)).ring();
  }

  /** Lengths of the timers that are set. */
  get pending(): readonly number[] {
    return this.#set.map(({ milliseconds }) => milliseconds);
  }
}
