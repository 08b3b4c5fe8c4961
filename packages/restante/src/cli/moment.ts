import { parseDuration } from '../config/quantity.ts';
import { UsageError } from './exit-code.ts';

/**
 * A moment as people write it, in milliseconds since 1970: `2026-11-24`, `2026-11-24T10:30` (local time, unless it says `Z` or
 * an offset), or a time back from now: `3 d`, `90 min`.
 */
export function parseMoment(text: string, now: number, option: string): number {
  const back = parseDuration(text);
  if (back !== undefined) return now - back;
  const [, day, time] = DATE.exec(text.trim()) ?? [];
  // A day alone would count from midnight in Greenwich.
  const moment = day === undefined ? Number.NaN : Date.parse(time === undefined ? `${day}T00:00` : `${day}T${time}`);
  if (!Number.isNaN(moment)) return moment;
  throw new UsageError(
    `${option} ${JSON.stringify(text)}: write a time such as 2026-11-24T10:30, or 3 d for three days ago`,
  );
}

const DATE = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?))?$/;

/** The moment in local time, to the second. */
export function formatMoment(moment: number): string {
  const date = new Date(moment);
  return new Date(moment - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replace('T', ' ');
}
