import { parse, TomlError } from 'smol-toml';
import { nearest } from './nearest.ts';
import { defaultsOf, type Rows, type Setting } from './setting.ts';
import { NAMED_TABLES, type NamedTableKey, SETTINGS } from './settings.ts';

/** Something wrong in a file. */
export interface FileProblem {
  readonly inFile: true;
  readonly message: string;
  /** The dotted key that it is about, if it is about one. */
  readonly key?: string;
}

/** One value that stands in a file. */
export interface FileValue {
  /** As it stands in the file, from the top. */
  readonly key: string;
  readonly row: Setting<unknown>;
  readonly slot: string;
  readonly raw: unknown;
  /** The values of the named table that it is in; the settings themselves where there is none. */
  readonly into: Record<string, unknown> | undefined;
}

/** A table that has a name of its own. */
export interface FileTable {
  readonly table: NamedTableKey;
  readonly name: string;
  /** `collect.account.anna`. */
  readonly heading: string;
  readonly values: Record<string, unknown>;
}

/** What stands in a file, held against what may stand there; the values have not been looked at. */
export interface FileContents {
  readonly values: FileValue[];
  readonly tables: FileTable[];
  readonly problems: FileProblem[];
}

/** Reads a file's text. */
export function fileContents(text: string): FileContents {
  const contents: FileContents = { values: [], tables: [], problems: [] };
  try {
    const grammar = { rows: SETTINGS, named: NAMED_TABLES, refused: {}, heading: '', into: undefined };
    collect(parse(text), '', grammar, contents);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = (error.message.split('\n', 1)[0] ?? '').replace(/^Invalid TOML document: /, '');
    contents.problems.push({ inFile: true, message: `line ${error.line}, column ${error.column}: ${reason}` });
  }
  return contents;
}

/** What the keys of a table are held against: those of the file, or of a table that has a name of its own. */
interface Grammar {
  readonly rows: Rows;
  readonly named: Readonly<Record<string, (typeof NAMED_TABLES)[NamedTableKey]>>;
  readonly refused: Readonly<Record<string, string>>;
  /** What stands before each key in what is said about it, with its dot. */
  readonly heading: string;
  readonly into: Record<string, unknown> | undefined;
}

function collect(table: object, prefix: string, grammar: Grammar, contents: FileContents): void {
  const { rows, named, refused, heading, into } = grammar;
  for (const [name, raw] of Object.entries(table)) {
    const slot = prefix + name;
    const key = heading + slot;
    const wrong = (message: string): void => {
      contents.problems.push({ inFile: true, message, key });
    };
    const row = Object.hasOwn(rows, slot) ? rows[slot] : undefined;
    if (row !== undefined) contents.values.push({ key, row, slot, raw, into });
    else if (Object.hasOwn(refused, slot)) wrong(`${printable(key)} ${refused[slot]}`);
    else if (Object.hasOwn(named, slot)) collectNamed(slot as NamedTableKey, raw, contents);
    else if (isTable(raw) && (isTableName(slot, grammar) || Object.keys(raw).length > 0)) {
      collect(raw, `${slot}.`, grammar, contents);
    } else if (isTableName(slot, grammar)) {
      wrong(`${printable(key)} must be a table, with keys such as ${heading}${firstUnder(slot, grammar)}`);
    } else wrong(`${printable(key)} is not a setting${suggestion(slot, grammar)}`);
  }
}

/** The tables under `collect.account` and the like, each by its name. */
function collectNamed(table: NamedTableKey, raw: unknown, contents: FileContents): void {
  const { rows, name: names, refused } = NAMED_TABLES[table];
  const wrong = (message: string, key: string): void => {
    contents.problems.push({ inFile: true, message, key });
  };
  if (!isTable(raw)) {
    wrong(`${table} must be tables, each with a name: [${table}.NAME]`, table);
    return;
  }
  for (const [name, own] of Object.entries(raw)) {
    const heading = `${table}.${name}`;
    if (!names.grammar.test(name)) wrong(`${printable(heading)}: NAME must be ${names.form}`, heading);
    else if (!isTable(own)) wrong(`${printable(heading)} must be a table with a name: [${table}.NAME]`, heading);
    else {
      const values = defaultsOf(rows);
      contents.tables.push({ table, name, heading, values });
      collect(own, '', { rows, named: {}, refused, heading: `${heading}.`, into: values }, contents);
    }
  }
}

function isTable(raw: unknown): raw is object {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw) && !(raw instanceof Date);
}

/** A key as it may be shown: a text of somebody else's that has control characters in it is quoted. */
export function printable(key: string): string {
  return /^[\p{L}\p{N}_.@+-]{1,200}$/u.test(key) ? key : JSON.stringify(key.slice(0, 200));
}

function isTableName(slot: string, grammar: Grammar): boolean {
  return knownKeys(grammar).some((known) => known.startsWith(`${slot}.`));
}

function firstUnder(table: string, grammar: Grammar): string {
  return knownKeys(grammar).find((known) => known.startsWith(`${table}.`)) ?? table;
}

function knownKeys({ rows, named }: Grammar): readonly string[] {
  return [...Object.keys(rows), ...Object.keys(named)];
}

/** `: did you mean …?`, looking for the same word in another table first, then for a slip of the fingers. */
function suggestion(slot: string, grammar: Grammar): string {
  const known = knownKeys(grammar);
  const tables = new Set(known.filter((name) => name.includes('.')).map((name) => name.slice(0, name.indexOf('.'))));
  const lastWord = (name: string): string => name.slice(name.lastIndexOf('.') + 1);
  const meant = known.find((name) => lastWord(name) === lastWord(slot)) ?? nearest(slot, [...known, ...tables]);
  return meant === undefined ? '' : `: did you mean ${grammar.heading}${meant}?`;
}
