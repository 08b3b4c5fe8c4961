import { Failure } from '../failure.ts';
import { baseName } from './maildir-name.ts';
import type { UniqueIdList } from './unique-id-list.ts';

/** Dovecot's own default for `pop3_uidl_format`. */
export const DOVECOT_FORMAT = '%08Xu%08Xv';

/** One line of it. */
interface Row {
  readonly uid: number;
  /** Fields by their letter: `P` is a unique-id that stands above the format, `O` a place in POP3's order, `G` a GUID. */
  readonly fields: ReadonlyMap<string, string>;
}

/**
 * Dovecot's `dovecot-uidlist`, of version 3 and of version 1. Its POP3 server makes unique-ids by the setting
 * `pop3_uidl_format`, but for letters with a `P` field, which were given theirs by another server before.
 */
export function readDovecotList(text: string, name: string, format: string): UniqueIdList {
  const make = compileFormat(format);
  const [header = '', ...lines] = text.split('\n');
  const validity = /^1 (\d+) \d+/.exec(header)?.[1] ?? /\bV(\d+)/.exec(header)?.[1];
  if (validity === undefined) throw new Failure(`${name} is no dovecot-uidlist: its first line has no UIDVALIDITY`);
  const old = header.startsWith('1 ');
  const rows = new Map<string, Row>();
  for (const line of lines) {
    const row = old ? oldRow(line) : newRow(line);
    // What a crash left of the last line, and versions to come.
    if (row !== undefined) rows.set(row[0], row[1]);
  }
  return {
    name,
    find: ({ fileName }) => {
      const row = fileName === undefined ? undefined : rows.get(fileName);
      if (fileName === undefined || row === undefined) return undefined;
      const given = row.fields.get('P');
      // An empty one stands for the file's name.
      if (given !== undefined) return given === '' ? fileName : given;
      return make({ uid: row.uid, validity: Number(validity), fileName, guid: row.fields.get('G') ?? fileName });
    },
    order: (fileName) => {
      const row = rows.get(fileName);
      if (row === undefined) return undefined;
      // Those with a place in POP3's order come first, in that order; then all others by their UIDs.
      const place = row.fields.get('O');
      return place === undefined ? BEHIND + row.uid : Number(place);
    },
  };
}

/** More than any place or UID, which have 32 bits. */
const BEHIND = 2 ** 32;

/** `UID fields :NAME`. */
function newRow(line: string): [string, Row] | undefined {
  const [, uid, fields = '', fileName] = /^(\d+) (?:(.*?) )?:(.+)$/.exec(line) ?? [];
  if (fileName === undefined) return undefined;
  const known = fields.split(' ').filter((field) => field !== '');
  return [
    baseName(fileName),
    { uid: Number(uid), fields: new Map(known.map((field) => [field[0] ?? '', field.slice(1)])) },
  ];
}

/** `UID NAME`. */
function oldRow(line: string): [string, Row] | undefined {
  const [, uid, fileName] = /^(\d+) (.+)$/.exec(line) ?? [];
  return fileName === undefined ? undefined : [baseName(fileName), { uid: Number(uid), fields: new Map() }];
}

interface Known {
  readonly uid: number;
  readonly validity: number;
  readonly fileName: string;
  readonly guid: string;
}

const VARIABLES: Readonly<Record<string, ((known: Known) => string | number) | undefined>> = {
  u: ({ uid }) => uid,
  v: ({ validity }) => validity,
  f: ({ fileName }) => fileName,
  g: ({ guid }) => guid,
  '%': () => '%',
};

/**
 * `pop3_uidl_format` as far as it can be worked out from the list: `%u` the UID, `%v` the UIDVALIDITY, `%f` the file's
 * name, `%g` the GUID; between `%` and the letter a width, with 0 before it for leading zeros, and `X` for hexadecimal.
 */
export function compileFormat(format: string): (known: Known) => string {
  const parts: ((known: Known) => string)[] = [];
  for (const [, literal, width, hexadecimal, letter] of format.matchAll(/([^%]+)|%(0?\d{1,2})?(X?)(.)/g)) {
    if (literal !== undefined) {
      parts.push(() => literal);
      continue;
    }
    const variable = VARIABLES[letter ?? ''];
    if (variable === undefined) {
      throw new Failure(`%${letter} is not known in a format of unique-ids: %u, %v, %f and %g are`);
    }
    parts.push((known) => {
      const value = variable(known);
      const text = typeof value === 'number' && hexadecimal === 'X' ? value.toString(16) : String(value);
      return width === undefined ? text : text.padStart(Number(width), width.startsWith('0') ? '0' : ' ');
    });
  }
  return (known) => parts.map((part) => part(known)).join('');
}
