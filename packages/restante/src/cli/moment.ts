import { parseDay } from '../config/collect-kinds.ts';
import { parseDuration } from '../config/quantity.ts';
import { UsageError } from './exit-code.ts';

/**
 * A moment as people write it, in milliseconds since 1970: `2026-11-24`, `2026-11-24T10:30` (local time, unless it says `Z` or
 * an offset), or a time back from now: `3 d`, `90 min`.
 */
export function parseMoment(text: string, now: number, option: string): number {
  const back = parseDuration(text);
  if (back !== undefined) return now - back;
  const moment = parseDay(text.trim());
  if (moment !== undefined) return moment;
  throw new UsageError(
    `${option} ${JSON.stringify(text)}: write a time such as 2026-11-24T10:30, or 3 d for three days ago`,
  );
}

/** The moment in local time, to the second. */
export function formatMoment(moment: number): string {
  const date = new Date(moment);
  return new Date(moment - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replace('T', ' ');
}
