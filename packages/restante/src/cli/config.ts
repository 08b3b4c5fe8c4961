import { Command } from 'commander';
import { parse } from 'smol-toml';
import type { Rows } from '../config/setting.ts';
import {
  NAMED_TABLES,
  type NamedTableKey,
  SETTINGS,
  type Setting,
  type SettingKey,
  type Settings,
} from '../config/settings.ts';
import { hostName, servedDomains } from '../serve/served-domains.ts';
import { ownFiles } from '../tls/own-certificate.ts';
import { configCheckCommand } from './config-check.ts';
import { type ListenOptions, listenOverrides, withListenOptions } from './listen-options.ts';
import { print, printJson, say } from './output.ts';
import { type Configuration, type Places, placesOf } from './places.ts';
import { table } from './table.ts';

/** `restante config`. */
export function configCommand(): Command {
  return withListenOptions(new Command('config'))
    .description('show what is in force, and where each value comes from')
    .option('--toml', 'as a configuration file')
    .addHelpText('after', EXAMPLES)
    .addCommand(configCheckCommand())
    .action(config);
}

const EXAMPLES = `
Nothing is changed. The options of serve say what would be in force with them.

Examples:
  restante config
  restante config --pop3 0.0.0.0:110         with what serve --pop3 0.0.0.0:110 would do
  restante config --toml                     every setting, to begin a file with
  restante config check /etc/restante.toml`;

/** One setting as it is in force. */
interface InForce {
  readonly key: string;
  /** As TOML; absent where only the office's accounts tell. */
  readonly toml: string | undefined;
  /** The default in words, for where there is no value. */
  readonly otherwise: string;
  readonly origin: ReturnType<Configuration['origins']['get']>;
}

async function config(options: ListenOptions & { readonly toml?: boolean }, self: Command): Promise<void> {
  const places = placesOf(self, listenOverrides(options));
  const all = inForce(places);
  const { data, configuration } = places;
  if (places.json) return printJson(asDocument(all, places));
  if (options.toml === true) return print(asToml(all, configuration.file));
  say(`data folder    ${data}`);
  say(`configuration  ${configuration.file}${configuration.exists ? '' : ' (there is none)'}`);
  const rows = all.map((each) => [each.key, each.toml ?? `(${each.otherwise})`, from(each, configuration.file)]);
  print(table(['SETTING', 'VALUE', 'FROM'], rows));
}

function inForce({ data, settings, configuration }: Places): readonly InForce[] {
  const effective: Partial<Settings> = {
    hostname: hostName(settings),
    domains: servedDomains(settings),
    ...(settings['tls.cert'] === undefined && { 'tls.cert': ownFiles(data).cert, 'tls.key': ownFiles(data).key }),
  };
  const rows = Object.entries(SETTINGS) as [SettingKey, Setting<unknown>][];
  const all = rows.map(([key, { kind, otherwise = '' }]) => {
    const value: unknown = effective[key] ?? settings[key];
    const toml = value === undefined ? undefined : kind.write(value);
    return { key, toml, otherwise, origin: configuration.origins.get(key) };
  });
  return [...all, ...inNamedTables(settings, configuration)];
}

/** Of a table that has a name of its own, what stands in it: all else is in the documentation. */
function* inNamedTables(settings: Settings, { origins }: Configuration): Generator<InForce> {
  for (const table of Object.keys(NAMED_TABLES) as NamedTableKey[]) {
    for (const [name, values] of settings[table]) {
      for (const [key, { kind }] of Object.entries<Rows[string]>(NAMED_TABLES[table].rows)) {
        const origin = origins.get(`${table}.${name}.${key}`);
        const value: unknown = (values as Readonly<Record<string, unknown>>)[key];
        if (origin === undefined || value === undefined) continue;
        const bare = /^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(name);
        yield { key: `${table}.${bare}.${key}`, toml: kind.write(value), otherwise: '', origin };
      }
    }
  }
}

function from({ origin }: InForce, file: string): string {
  if (origin === undefined) return 'default';
  if (origin.type === 'override') return origin.name;
  return origin.line === undefined ? file : `${file}:${origin.line}`;
}

/** What the machine or the office decides stays theirs to decide: it stands there as a comment. */
function asToml(all: readonly InForce[], file: string): string {
  const lines = all.map((each) => {
    if (each.toml === undefined) return `# ${each.key}: ${each.otherwise}`;
    const mark = each.otherwise !== '' && each.origin === undefined ? '# ' : '';
    return `${mark}${each.key} = ${each.toml} # ${from(each, file)}`;
  });
  return `${lines.join('\n')}\n`;
}

function asDocument(all: readonly InForce[], { data, configuration }: Places): unknown {
  const settings = all.map(({ key, toml, origin }) => {
    const value: unknown = toml === undefined ? null : parse(`value = ${toml}`)['value'];
    if (origin === undefined) return [key, { value, from: 'default' }];
    if (origin.type === 'override') return [key, { value, from: 'option', option: origin.name }];
    return [key, { value, from: 'file', line: origin.line ?? null }];
  });
  const { file, exists } = configuration;
  return { data, file: exists ? file : null, settings: Object.fromEntries(settings) };
}
