import type { Clock } from '@restante/pop/server';

/** The system's time. Its timers keep the process alive: whoever collects every few minutes has nothing else to wait for. */
export const lastingClock: Clock = {
  now: () => Date.now(),
  set(ring, milliseconds) {
    const timer = setTimeout(ring, milliseconds);
    return { clear: () => clearTimeout(timer) };
  },
};
