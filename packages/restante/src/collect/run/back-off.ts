import { LONGEST_PAUSE } from '../plan/letters.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How long a letter that has failed so often is left alone, in milliseconds: not at all after its first time. */
export function letterBackOff(attempts: number): number {
  return attempts < 2 ? 0 : Math.min(10 * MINUTE * 2 ** (attempts - 2), LONGEST_PAUSE);
}

/**
 * How long a server is left alone that could not be called so often in a row, in milliseconds, with as much jitter
 * again as half of it, so that those who were cut off together do not come back together.
 */
export function serverBackOff(failures: number, random: () => number): number {
  const base = Math.min(MINUTE * 2 ** (Math.min(failures, 12) - 1), HOUR);
  return Math.round(base * (1 + random() / 2));
}

/** No login is put off for longer than that, in milliseconds, because others were refused. */
export const LONGEST_LOGIN_PAUSE = 9 * HOUR;

/**
 * After a refused login in milliseconds: much longer, since servers lock accounts on which too many have failed. Every
 * 15 minutes, then more rarely, to once in six hours.
 */
export function loginBackOff(failures: number, random: () => number): number {
  const base = Math.min(15 * MINUTE * 2 ** (Math.min(failures, 12) - 1), 6 * HOUR);
  return Math.round(base * (1 + random() / 2));
}
