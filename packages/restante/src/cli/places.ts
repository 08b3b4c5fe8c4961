import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Command } from 'commander';
import { defaultConfigurationFile, defaultDataFolder } from '../config/places.ts';
import { type Origin, type Override, type Problem, readSettings } from '../config/read-settings.ts';
import type { SettingKey, Settings } from '../config/settings.ts';
import { reasonOf } from '../failure.ts';
import { UsageError } from './exit-code.ts';

/** The options that go with every verb. */
export interface GlobalOptions {
  readonly data?: string;
  readonly config?: string;
  readonly json?: boolean;
}

/** The file that was read, and which value comes from where. */
export interface Configuration {
  /** Absolute. */
  readonly file: string;
  /** Whether it is there; without one everything is as it comes. */
  readonly exists: boolean;
  readonly origins: ReadonlyMap<string, Origin>;
}

/** What every verb knows before it begins. */
export interface Places {
  /** The data folder, absolute. */
  readonly data: string;
  readonly settings: Settings;
  readonly configuration: Configuration;
  /** Whether one JSON document is wanted. */
  readonly json: boolean;
}

/** Where the verb works, and under which settings. Anything wrong with them is told whole, before anything begins. */
export function placesOf(command: Command, overrides: readonly Override[] = []): Places {
  const options = command.optsWithGlobals<GlobalOptions>();
  if (options.data === '') throw new UsageError('--data needs the name of a folder');
  const { data, file } = whereabouts(options);
  const text = readConfiguration(file, options.config !== undefined);
  const folder = dirname(file);
  const read = readSettings(text === undefined ? { folder, overrides } : { text, folder, overrides });
  if (read.type === 'wrong') throw new UsageError(...read.problems.map((problem) => problemLine(problem, file)));
  const configuration = { file, exists: text !== undefined, origins: read.origins };
  return { data, settings: read.settings, configuration, json: options.json === true };
}

/** What the configuration says by now that was not so when these places were made: mistakes, or settings that differ. */
export function changesSince(
  { settings, configuration: { file, exists } }: Places,
  overrides: readonly Override[],
): readonly string[] {
  let text: string | undefined;
  try {
    text = readConfiguration(file, exists);
  } catch (thrown) {
    if (thrown instanceof UsageError) return thrown.lines;
    throw thrown;
  }
  const read = readSettings({ ...(text !== undefined && { text }), folder: dirname(file), overrides });
  if (read.type === 'wrong') return read.problems.map((problem) => problemLine(problem, file));
  const keys = (Object.keys(settings) as SettingKey[]).filter(
    (key) => !isDeepStrictEqual(settings[key], read.settings[key]),
  );
  return keys.length === 0 ? [] : [`${keys.join(', ')}: changed in ${file}, takes effect at the next start`];
}

/** The data folder and the configuration's file, absolute. */
export function whereabouts(options: GlobalOptions): { readonly data: string; readonly file: string } {
  const data = resolve(options.data ?? defaultDataFolder(process.env));
  return { data, file: options.config === undefined ? defaultConfigurationFile(data) : resolve(options.config) };
}

/** A problem as it is told: with the file and the line, where it stands in one. */
export function problemLine({ inFile, line, message }: Problem, file: string): string {
  if (!inFile) return message;
  return line === undefined ? `${file}: ${message}` : `${file}: line ${line}: ${message}`;
}

/** The text of the configuration; undefined when there is none, which only a file that was not named may do. */
export function readConfiguration(file: string, named: boolean): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    const missing =
      thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR');
    if (missing && !named) return undefined;
    const denied = thrown instanceof Error && 'code' in thrown && thrown.code === 'EACCES';
    const remedy = denied
      ? 'be the user that runs the office'
      : named
        ? 'name another with --config FILE'
        : 'mend that';
    throw new UsageError(`the configuration ${file} cannot be read: ${reasonOf(thrown)}; ${remedy}`);
  }
}
