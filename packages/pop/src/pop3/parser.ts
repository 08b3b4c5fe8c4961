import { type Arguments, COMMANDS, type CommandRow, type Keyword } from './commands.ts';

/** A command line that was understood, as far as the keyword's row tells. */
export interface Command {
  readonly keyword: Keyword;
  readonly argument: Arguments[keyof Arguments];
}

const SPACE = 0x20;
/** The longest keyword and a space: what must be looked at to find the row. */
const KEYWORD_ROOM = 5;
/** Up to this many digits a number is exact; a longer one is larger than any maildrop. */
const EXACT_DIGITS = 15;

const rows: ReadonlyMap<string, CommandRow> = new Map(Object.entries(COMMANDS));

/** Where the keyword ends, and the keyword in upper case: 3 or 4 characters, in any case (P3-03, P3-04). */
export function keywordOf(line: Buffer): string {
  const space = line.indexOf(SPACE);
  const end = space < 0 ? line.length : space;
  return end >= KEYWORD_ROOM ? '' : line.toString('latin1', 0, end).toUpperCase();
}

export function rowOf(keyword: string): CommandRow | undefined {
  return rows.get(keyword);
}

/**
 * What stands behind the keyword, read as the row says; `'syntax'` where it does not fit. Nothing is forgiven: a space
 * too many, anything behind the last argument, and any number with other than digits are errors (P3-03, P3-09, P3-50).
 */
export function argumentOf(
  shape: keyof Arguments,
  keyword: string,
  line: Buffer,
): Arguments[keyof Arguments] | 'syntax' {
  const bare = line.length === keyword.length;
  const start = keyword.length + 1;
  switch (shape) {
    case 'none':
      return bare ? undefined : 'syntax';
    case 'octets':
      return line.length > start ? line.subarray(start) : 'syntax';
    case '[message-number]':
      return bare ? undefined : (parseNumber(text(line, start)) ?? 'syntax');
    case 'message-number':
      return parseNumber(text(line, start)) ?? 'syntax';
    case 'message-number lines': {
      const [number, lines, ...more] = text(line, start).split(' ').map(parseNumber);
      return number === undefined || lines === undefined || more.length > 0 ? 'syntax' : { number, lines };
    }
    case 'mechanism [initial-response]': {
      const [mechanism, initial, ...more] = text(line, start).split(' ');
      if (mechanism === undefined || mechanism === '' || initial === '' || more.length > 0) return 'syntax';
      return { mechanism: mechanism.toUpperCase(), initial };
    }
  }
}

function text(line: Buffer, start: number): string {
  return line.toString('latin1', start);
}

/** A number of decimal digits, of any length; leading zeros count for nothing (P3-50, T1, T10). */
export function parseNumber(digits: string): number | undefined {
  if (!/^[0-9]+$/.test(digits)) return undefined;
  const significant = digits.replace(/^0+(?=.)/, '');
  return significant.length > EXACT_DIGITS ? Number.POSITIVE_INFINITY : Number(significant);
}
