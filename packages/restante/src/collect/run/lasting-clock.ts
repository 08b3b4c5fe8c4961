import type { Clock } from '@restante/pop/server';

/** Node's timers ring at once where they are to wait longer, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

/** The system's time. Its timers keep the process alive: whoever collects every few minutes has nothing else to wait for. */
export const lastingClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  set(ring, milliseconds) {
    const timer = setTimeout(ring, Math.min(milliseconds, LONGEST));
    return { clear: () => clearTimeout(timer) };
  },
};
