/**
 * The line that begins each letter in an mbox file (RFC 4155, appendix A): `From `, an address, a date as asctime() writes
 * it. Programs have written more forms than that: without seconds, with a zone in front of the year or behind it, with
 * "remote from", with no address or one that holds blanks, with the date of RFC 5322.
 * @module
 */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

const TIME = String.raw`(?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2}))?`;
const ZONE = String.raw`(?:[+-]\d{4}|[A-Z][A-Za-z]{0,4}(?:[+-]\d{4})?)`;
const MONTH = `(?<month>${MONTHS.join('|')})`;
const DAY = `(?:${DAYS.join('|')})`;

const ASCTIME = new RegExp(
  `(?:^| )${DAY},? +${MONTH} +(?<day>\\d{1,2}),? +${TIME}(?: +(?<zoneBefore>${ZONE}))? +(?<year>\\d{4})(?: +(?<zone>${ZONE}))?(?: +\\([^)]*\\))?(?: +remote from .*)?\\s*$`,
);
const RFC_5322 = new RegExp(
  `(?:^|[ ,])(?<day>\\d{1,2}) +${MONTH} +(?<year>\\d{4}|\\d{2}) +${TIME}(?: +(?<zone>${ZONE}))?(?: +\\([^)]*\\))?\\s*$`,
);

/** A line of that kind is no longer than this, its line end included. */
export const LONGEST_FROM_LINE = 1024;

/**
 * The time in a `From ` line, without its line end, in milliseconds since 1970; undefined when it is no such line. A
 * date without a zone is taken as UTC, as RFC 4155 has it.
 */
export function fromLineTime(line: string): number | undefined {
  if (!line.startsWith('From ')) return undefined;
  const found = ASCTIME.exec(line) ?? RFC_5322.exec(line);
  return found?.groups && timeOf(found.groups);
}

/** The time of a date field's or a Received field's value (RFC 5322 §3.3, obsolete forms too); undefined when there is none. */
export function fieldTime(value: string): number | undefined {
  // In Received it stands behind the last semicolon.
  const date = value.slice(value.lastIndexOf(';') + 1).trim();
  const found = RFC_5322.exec(date) ?? ASCTIME.exec(date);
  return found?.groups && timeOf(found.groups);
}

function timeOf(groups: Readonly<Record<string, string | undefined>>): number | undefined {
  const { day, hour, minute, second = '0' } = groups;
  const month = MONTHS.indexOf(groups['month'] ?? '');
  const year = fullYear(groups['year'] ?? '');
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60 || Number(day) < 1) return undefined;
  const time = Date.UTC(year, month, Number(day), Number(hour), Number(minute), Number(second));
  // 31 February and the like.
  if (Number(second) < 60 && new Date(time).getUTCDate() !== Number(day)) return undefined;
  return time - zoneMinutes(groups['zone'] ?? groups['zoneBefore'] ?? '') * 60_000;
}

/** RFC 5322 §4.3: two digits below 50 are of this century. */
function fullYear(digits: string): number {
  const year = Number(digits);
  if (digits.length > 2) return year;
  return year < 50 ? 2000 + year : 1900 + year;
}

/** RFC 5322 §4.3's names; what is not known there counts as UTC. */
const ZONES: Readonly<Record<string, number | undefined>> = {
  EST: -300,
  EDT: -240,
  CST: -360,
  CDT: -300,
  MST: -420,
  MDT: -360,
  PST: -480,
  PDT: -420,
  CET: 60,
  MET: 60,
  CEST: 120,
  MEST: 120,
  BST: 60,
  EET: 120,
  EEST: 180,
  JST: 540,
};

function zoneMinutes(zone: string): number {
  const [, sign, hours, minutes] = /([+-])(\d\d)(\d\d)$/.exec(zone) ?? [];
  if (sign === undefined) return ZONES[zone.toUpperCase()] ?? 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

/** What a year of four digits can say. */
const FIRST = Date.UTC(1000, 0);
const LAST = Date.UTC(10_000, 0) - 1000;

/**
 * The line that an exported letter begins with: its date in UTC. A time that such a line cannot say, as a file of a broken
 * clock may have, becomes the nearest that it can: without a date the letter would be part of the one before it.
 */
export function fromLine(arrived: number): string {
  const at = new Date(Math.max(FIRST, Math.min(arrived, LAST)));
  const two = (number: number): string => String(number).padStart(2, '0');
  const time = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(two).join(':');
  const day = String(at.getUTCDate()).padStart(2, ' ');
  const year = String(at.getUTCFullYear()).padStart(4, '0');
  return `From MAILER-DAEMON ${DAYS[at.getUTCDay()]} ${MONTHS[at.getUTCMonth()]} ${day} ${time} ${year}\n`;
}
