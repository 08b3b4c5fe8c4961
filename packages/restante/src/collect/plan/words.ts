const DAY = 24 * 60 * 60 * 1000;

/** Said last: most letters of a maildrop were kept on the same day as the one before them. */
let last = { number: 0, day: '1970-01-01' };

/** A date for people, in UTC: `2026-11-24`. */
export function day(time: number): string {
  const number = Math.floor(time / DAY);
  if (number !== last.number) {
    const isDate = Math.abs(time) <= 8.64e15;
    last = { number, day: isDate ? new Date(time).toISOString().slice(0, 10) : 'a day beyond all calendars' };
  }
  return last.day;
}

/** A date and time for people, in UTC: `2026-11-24 13:05`. */
export function minute(time: number): string {
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString().slice(0, 16).replace('T', ' ') : day(time);
}

/** `20 MiB`, `5 MB`, `1500 octets`: as short as it can be said exactly. */
export function octetsInWords(octets: number): string {
  for (const [unit, size] of UNITS) {
    if (octets >= size && octets % size === 0) return `${octets / size} ${unit}`;
  }
  return `${octets} octets`;
}

const UNITS = [
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['GB', 1e9],
  ['MB', 1e6],
  ['KiB', 2 ** 10],
  ['kB', 1e3],
] as const;
