import { parseNumber } from './parser.ts';

/** How many letters there are, and how many octets in all (RFC 1939 §5, STAT). */
export interface DropListing {
  readonly count: number;
  readonly octets: number;
}

/** What LIST says of a letter. */
export interface ScanListing {
  readonly number: number;
  readonly octets: number;
}

/** What UIDL says of a letter. */
export interface UniqueIdListing {
  readonly number: number;
  /** Absent when what stands there cannot be one: nothing at all, or octets that are not visible ASCII. */
  readonly uniqueId?: string;
}

/** Some servers' unique-ids have more than the 70 octets of RFC 1939 §7; what has more than this is none. */
const UNIQUE_ID = /^[!-~]{1,512}$/;

/** The numbers that begin a STAT reply; whatever stands behind them is not looked at (P3-58). */
export function parseDropListing(text: string): DropListing | undefined {
  const [count, octets] = words(text).map(decimal);
  return count === undefined || octets === undefined ? undefined : { count, octets };
}

/** A line of LIST, or what LIST n answers; whatever stands behind the numbers is not looked at (P3-58). */
export function parseScanListing(text: string): ScanListing | undefined {
  const [number, octets] = words(text).map(decimal);
  return number === undefined || number === 0 || octets === undefined ? undefined : { number, octets };
}

/** A line of UIDL, or what UIDL n answers. */
export function parseUniqueIdListing(text: string): UniqueIdListing | undefined {
  const [digits = '', uniqueId] = words(text);
  const number = decimal(digits);
  if (number === undefined || number === 0) return undefined;
  return uniqueId !== undefined && UNIQUE_ID.test(uniqueId) ? { number, uniqueId } : { number };
}

/** The first two words, however they are set apart. */
function words(text: string): string[] {
  return text.trimStart().split(/[ \t]+/, 2);
}

function decimal(digits: string): number | undefined {
  const value = parseNumber(digits);
  return value === undefined || Number.isFinite(value) ? value : undefined;
}
