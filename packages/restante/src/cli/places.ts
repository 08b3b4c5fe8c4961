import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { defaultConfigurationFile, defaultDataFolder } from '../config/places.ts';
import { type Override, readSettings } from '../config/read-settings.ts';
import type { Settings } from '../config/settings.ts';
import { reasonOf } from '../failure.ts';
import { UsageError } from './exit-code.ts';

/** The options that go with every verb. */
interface GlobalOptions {
  readonly data?: string;
  readonly config?: string;
  readonly json?: boolean;
}

/** What every verb knows before it begins. */
export interface Places {
  /** The data folder, absolute. */
  readonly data: string;
  readonly settings: Settings;
  /** Whether one JSON document is wanted. */
  readonly json: boolean;
}

/** Where the verb works, and under which settings. Anything wrong with them is told whole, before anything begins. */
export function placesOf(command: Command, overrides: readonly Override[] = []): Places {
  const options = command.optsWithGlobals<GlobalOptions>();
  if (options.data === '') throw new UsageError('--data needs the name of a folder');
  const data = resolve(options.data ?? defaultDataFolder(process.env));
  const file = options.config === undefined ? defaultConfigurationFile(data) : resolve(options.config);
  const text = readConfiguration(file, options.config !== undefined);
  const folder = dirname(file);
  const read = readSettings(text === undefined ? { folder, overrides } : { text, folder, overrides });
  if (read.type === 'settings') return { data, settings: read.settings, json: options.json === true };
  throw new UsageError(...read.problems.map(({ inFile, message }) => (inFile ? `${file}: ${message}` : message)));
}

function readConfiguration(file: string, named: boolean): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    const missing =
      thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR');
    if (missing && !named) return undefined;
    throw new UsageError(`the configuration ${file} cannot be read: ${reasonOf(thrown)}`);
  }
}
