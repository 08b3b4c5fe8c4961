import { setImmediate } from 'node:timers/promises';
import type { Clock, Timer } from '../server/clock.ts';

interface Alarm {
  readonly due: number;
  readonly ring: () => void;
}

/**
 * A clock whose hands only a test moves. A timer of 0 ms rings in a later turn of the event loop, as it would anyway;
 * every other one when {@link ManualClock.advance} reaches it.
 */
export class ManualClock implements Clock {
  #now: number;
  /** How far the clock was set, forth or back. */
  #set = 0;
  readonly #alarms = new Set<Alarm>();

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now + this.#set;
  }

  monotonic(): number {
    return this.#now;
  }

  /** Sets the clock forth or, by a negative number, back: {@link ManualClock.now} alone is moved, and no timer rings. */
  step(milliseconds: number): void {
    this.#set += milliseconds;
  }

  set(ring: () => void, milliseconds: number): Timer {
    const alarm = { due: this.#now + Math.max(0, milliseconds), ring };
    this.#alarms.add(alarm);
    if (milliseconds <= 0) globalThis.setImmediate(() => this.#ring(alarm));
    return { clear: () => this.#alarms.delete(alarm) };
  }

  /** Timers that are set and have not rung. */
  get pending(): number {
    return this.#alarms.size;
  }

  /**
   * Moves the hands on. Timers ring in the order in which they are due, each at its own time; what one of them sets in
   * motion gets to run, and may set the next one, before the hands move further.
   */
  async advance(milliseconds: number): Promise<void> {
    const target = this.#now + milliseconds;
    await turns();
    for (let next = this.#next(target); next !== undefined; next = this.#next(target)) {
      this.#now = Math.max(this.#now, next.due);
      this.#ring(next);
      await turns();
    }
    this.#now = target;
  }

  #next(target: number): Alarm | undefined {
    let next: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (alarm.due <= target && (next === undefined || alarm.due < next.due)) next = alarm;
    }
    return next;
  }

  #ring(alarm: Alarm): void {
    if (this.#alarms.delete(alarm)) alarm.ring();
  }
}

/** Lets what is under way in this process go on for some turns of the event loop. */
export async function turns(count = 10): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await setImmediate();
}
