/** The one way to time for drivers, so that tests hold the hands. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `ring` once after so many milliseconds, unless the timer was cleared. */
  set(ring: () => void, milliseconds: number): Timer;
}

export interface Timer {
  clear(): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  set(ring, milliseconds) {
    const timer = setTimeout(ring, milliseconds);
    timer.unref();
    return { clear: () => clearTimeout(timer) };
  },
};
