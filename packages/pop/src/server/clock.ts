/** The one way to time for drivers, so that tests hold the hands. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds from some moment on that no setting of the clock moves: how long something lasts is measured by it. */
  monotonic(): number;
  /** Calls `ring` once after so many milliseconds, 25 days at most, unless the timer was cleared. */
  set(ring: () => void, milliseconds: number): Timer;
}

export interface Timer {
  clear(): void;
}

/** What Node's timers can wait at most, in milliseconds: nearly 25 days. They ring at once where it is more. */
const LONGEST = 2 ** 31 - 1;

/** So many milliseconds of a timer, or as many as there can be. */
export function timerMilliseconds(milliseconds: number): number {
  return Math.min(milliseconds, LONGEST);
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  set(ring, milliseconds) {
    const timer = setTimeout(ring, timerMilliseconds(milliseconds));
    timer.unref();
    return { clear: () => clearTimeout(timer) };
  },
};
