import * as v from 'valibot';
import { fileContents, printable } from './file-contents.ts';
import { defaultsOf, type Setting } from './setting.ts';
import { NAMED_TABLES, SETTINGS, type SettingKey, type Settings } from './settings.ts';
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
  | {
      readonly type: 'settings';
      readonly settings: Settings;
      /** By dotted key; `collect.account.anna.url` too. */
      readonly origins: ReadonlyMap<string, Origin>;
    }
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
  const settings = defaultsOf(SETTINGS);
  for (const key of Object.keys(NAMED_TABLES)) settings[key] = new Map();
  const overridden = new Map(overrides.map((override) => [override.key, override]));

  const { values, tables, problems } = fileContents(text);
  const found: FoundProblem[] = [...problems];
  /** Tables with a wrong value in them: what that contradicts nobody can tell. */
  const doubtful = new Set<unknown>();
  for (const { key, row, slot, raw, into } of values) {
    const read = readValue(row, raw, folder);
    if (read.type === 'value') (into ?? settings)[slot] = read.value;
    else {
      doubtful.add(into);
      found.push({ inFile: true, message: `${key} ${read.message}`, key });
    }
  }
  for (const { key, name, value, folder: here } of overridden.values()) {
    const read = readValue(SETTINGS[key] as Setting<unknown>, value, here);
    if (read.type === 'wrong') found.push({ inFile: false, message: `${name} ${read.message}` });
    else settings[key] = read.value;
  }

  for (const { key, message } of contradictions(settings as unknown as Settings)) {
    const override = overridden.get(key);
    found.push({ inFile: override === undefined, message: `${override?.name ?? key} ${message}`, key });
  }
  for (const { heading, table, name, values: own } of tables) {
    (settings[table] as Map<string, unknown>).set(name, own);
    if (doubtful.has(own)) continue;
    for (const { key, message } of NAMED_TABLES[table].contradictions(own as never, (key) => key)) {
      const place = key === undefined ? heading : `${heading}.${key}`;
      found.push({ inFile: true, message: `${printable(place)} ${message}`, key: place });
    }
  }
  // Looked for only where somebody is told: a start without mistakes does without.
  const lines = once(() => statementLines(text));
  if (found.length > 0) return { type: 'wrong', problems: found.map((problem) => placed(problem, lines)).sort(byLine) };
  const origins = new Map<string, Origin>();
  for (const { key } of values) {
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

/** What came of reading one value: `message` goes on from the name that its owner knows it by. */
export type ReadValue<T> =
  | { readonly type: 'value'; readonly value: T }
  | { readonly type: 'wrong'; readonly message: string };

/** Reads one value; `folder` is what relative paths in it count from. */
export function readValue<T>({ kind }: Setting<T>, raw: unknown, folder: string): ReadValue<Exclude<T, undefined>> {
  const result = v.safeParse(kind.schema, raw);
  if (!result.success) return { type: 'wrong', message: result.issues[0].message };
  return { type: 'value', value: kind.within?.(result.output, folder) ?? result.output };
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
