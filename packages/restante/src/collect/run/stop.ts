import type { Clock, Timer } from '@restante/pop/server';
import { stopped } from './ending.ts';

/** How long an orderly end may take, in milliseconds, before the connection is dropped. */
const GRACE = 10_000;

/**
 * Somebody's wish that the run should end: `asked` at once, and `now` is aborted when that has not come about in good time.
 */
export class Stop {
  readonly #signal: AbortSignal | undefined;
  readonly #clock: Clock;
  readonly #now = new AbortController();
  readonly #listeners = new Set<() => void>();
  #timer: Timer | undefined;

  constructor(signal: AbortSignal | undefined, clock: Clock) {
    this.#signal = signal;
    this.#clock = clock;
    if (signal?.aborted) this.#asked();
    else signal?.addEventListener('abort', this.#asked);
  }

  get asked(): boolean {
    return this.#signal?.aborted === true;
  }

  /** Aborted when there is no more time for order. */
  get now(): AbortSignal {
    return this.#now.signal;
  }

  /** Calls `listener` when it is asked for; answers how to be called no more. */
  onAsked(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Where nothing has been begun that would have to be ended in order. */
  atOnce(): void {
    this.#now.abort(this.#signal?.reason);
  }

  /** Waits so many milliseconds, or until it is asked for. */
  async wait(milliseconds: number): Promise<void> {
    if (this.asked) return;
    await new Promise<void>((resolve) => {
      const over = () => {
        timer.clear();
        forget();
        resolve();
      };
      const timer = this.#clock.set(over, milliseconds);
      const forget = this.onAsked(over);
    });
  }

  /** What it resolves to, unless it is asked for first: then it rejects with the run's {@link Ending}. */
  async orStopped<T>(doing: Promise<T>): Promise<T> {
    if (this.asked) throw stopped();
    return new Promise<T>((resolve, reject) => {
      const forget = this.onAsked(() => reject(stopped()));
      doing.then(resolve, reject).finally(forget);
    });
  }

  /** The run is over. */
  close(): void {
    this.#timer?.clear();
    this.#signal?.removeEventListener('abort', this.#asked);
  }

  readonly #asked = (): void => {
    this.#timer = this.#clock.set(() => this.atOnce(), GRACE);
    for (const listener of [...this.#listeners]) listener();
  };
}
