import { parse, TomlError } from 'smol-toml';
import * as v from 'valibot';
import { nearest } from './nearest.ts';
import { SETTINGS, type Setting, type SettingKey, type Settings } from './settings.ts';
import { statementLines } from './statement-lines.ts';

/** One thing wrong with a configuration. */
export interface Problem {
  /** Whether it stands in the file; else on the command line. */
  readonly inFile: boolean;
  /** Begins with the dotted key, the name of the override, or the line and column. */
  readonly message: string;
  /** In the file, counted from 1, where the message does not say it. */
  readonly line?: number;
}

/** Where a value that is in force comes from: a line of the file, or an override by its name. What is in neither is a default. */
export type Origin =
  | { readonly type: 'file'; readonly line: number | undefined }
  | { readonly type: 'override'; readonly name: string };

/** What came of reading a configuration: settings, or everything that is wrong with it at once. */
export type ReadSettings =
  | { readonly type: 'settings'; readonly settings: Settings; readonly origins: ReadonlyMap<SettingKey, Origin> }
  | { readonly type: 'wrong'; readonly problems: readonly Problem[] };

/** Values that beat the file's. Each is named as its owner wrote it, for example `--pop3`, in what is said about it. */
export interface Override {
  readonly key: SettingKey;
  readonly name: string;
  readonly value: unknown;
  /** The folder that relative paths count from. */
  readonly folder: string;
}

/** Where a configuration comes from. */
export interface SettingsSource {
  /** TOML; absent means that there is no file. */
  readonly text?: string;
  /** The folder that relative paths in the file count from. */
  readonly folder: string;
  readonly overrides?: readonly Override[];
}

/** Reads and checks a configuration against the table in `settings.ts`. */
export function readSettings(source: SettingsSource): ReadSettings {
  const { text = '', folder, overrides = [] } = source;
  const found: FoundProblem[] = [];
  const settings: Record<string, unknown> = {};
  for (const [key, row] of Object.entries(SETTINGS)) settings[key] = row.default;
  const overridden = new Map(overrides.map((override) => [override.key, override]));

  const take = (key: SettingKey, name: string, raw: unknown, inFile: boolean, within: string): void => {
    const { kind } = SETTINGS[key] as Setting<unknown>;
    const result = v.safeParse(kind.schema, raw);
    if (result.success) settings[key] = kind.within?.(result.output, within) ?? result.output;
    else found.push({ inFile, message: `${name} ${result.issues[0].message}`, ...(inFile && { key }) });
  };

  const inFile = fileValues(text, found);
  for (const { key, raw } of inFile) take(key, key, raw, true, folder);
  for (const { key, name, value, folder: here } of overridden.values()) take(key, name, value, false, here);

  for (const { key, message } of contradictions(settings as unknown as Settings)) {
    const override = overridden.get(key);
    found.push({ inFile: override === undefined, message: `${override?.name ?? key} ${message}`, key });
  }
  // Looked for only where somebody is told: a start without mistakes does without.
  const lines = once(() => statementLines(text));
  if (found.length > 0) return { type: 'wrong', problems: found.map((problem) => placed(problem, lines)).sort(byLine) };
  const origins = new Map<SettingKey, Origin>();
  for (const { key } of inFile) {
    origins.set(key, {
      type: 'file',
      get line() {
        return lines().get(key);
      },
    });
  }
  for (const { key, name } of overridden.values()) origins.set(key, { type: 'override', name });
  return { type: 'settings', settings: settings as unknown as Settings, origins };
}

interface FoundProblem {
  readonly inFile: boolean;
  readonly message: string;
  /** The dotted key that it is about, if it is about one. */
  readonly key?: string;
}

function placed({ inFile, message, key }: FoundProblem, lines: () => ReadonlyMap<string, number>): Problem {
  const line = inFile && key !== undefined ? lines().get(key) : undefined;
  return line === undefined ? { inFile, message } : { inFile, message, line };
}

/** As somebody goes through the file; what has no line in it comes last. */
function byLine(one: Problem, other: Problem): number {
  const [first, second] = [one.line ?? Number.MAX_SAFE_INTEGER, other.line ?? Number.MAX_SAFE_INTEGER];
  return first - second;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** What no single value shows to be wrong. */
function* contradictions(settings: Settings): Generator<{ readonly key: SettingKey; readonly message: string }> {
  if (settings['tls.cert'] !== undefined && settings['tls.key'] === undefined) {
    yield { key: 'tls.key', message: 'is missing: tls.cert needs the private key beside it' };
  }
  if (settings['tls.key'] !== undefined && settings['tls.cert'] === undefined) {
    yield { key: 'tls.cert', message: 'is missing: tls.key needs the certificate beside it' };
  }
  if (settings['listen.lmtp'].some((address) => address.type === 'tcp' && address.port === 25)) {
    const message = 'must not be port 25, which belongs to SMTP (RFC 2033 §5): write 127.0.0.1:1024 or unix:PATH';
    yield { key: 'listen.lmtp', message };
  }
}

interface FileValue {
  readonly key: SettingKey;
  readonly raw: unknown;
}

function fileValues(text: string, problems: FoundProblem[]): FileValue[] {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = (error.message.split('\n', 1)[0] ?? '').replace(/^Invalid TOML document: /, '');
    problems.push({ inFile: true, message: `line ${error.line}, column ${error.column}: ${reason}` });
    return [];
  }
  const values: FileValue[] = [];
  collect(document as object, '', values, problems);
  return values;
}

function collect(table: object, prefix: string, values: FileValue[], problems: FoundProblem[]): void {
  for (const [name, raw] of Object.entries(table)) {
    const key = prefix + name;
    const nested = typeof raw === 'object' && raw !== null && !Array.isArray(raw) && !(raw instanceof Date);
    if (isSettingKey(key)) values.push({ key, raw });
    else if (nested && (isTableName(key) || Object.keys(raw).length > 0)) collect(raw, `${key}.`, values, problems);
    else if (isTableName(key))
      problems.push({ inFile: true, message: `${key} must be a table, with keys such as ${firstUnder(key)}`, key });
    else problems.push({ inFile: true, message: `${printable(key)} is not a setting${suggestion(key)}`, key });
  }
}

function printable(key: string): string {
  return /^[\w.-]{1,100}$/.test(key) ? key : JSON.stringify(key.slice(0, 100));
}

function isSettingKey(key: string): key is SettingKey {
  return Object.hasOwn(SETTINGS, key);
}

function isTableName(key: string): boolean {
  return Object.keys(SETTINGS).some((known) => known.startsWith(`${key}.`));
}

function firstUnder(table: string): string {
  return Object.keys(SETTINGS).find((known) => known.startsWith(`${table}.`)) ?? table;
}

/** `: did you mean …?`, looking for the same word in another table first, then for a slip of the fingers. */
function suggestion(key: string): string {
  const known = Object.keys(SETTINGS);
  const tables = new Set(known.filter((name) => name.includes('.')).map((name) => name.slice(0, name.indexOf('.'))));
  const lastWord = (name: string): string => name.slice(name.lastIndexOf('.') + 1);
  const meant = known.find((name) => lastWord(name) === lastWord(key)) ?? nearest(key, [...known, ...tables]);
  return meant === undefined ? '' : `: did you mean ${meant}?`;
}
