import { type Command, Option } from 'commander';
import { COLLECT_ACCOUNT, type CollectAccountKey, type CollectAccountSettings } from '../../config/collect-settings.ts';
import { type Override, readValue } from '../../config/read-settings.ts';
import type { Setting } from '../../config/setting.ts';
import type { SettingKey } from '../../config/settings.ts';
import { UsageError } from '../exit-code.ts';

/** One option of the command line that says what a key of `[collect.account.NAME]` says in the configuration. */
interface AccountOption {
  readonly flags: string;
  readonly key: CollectAccountKey;
  readonly meaning: string;
  /** What would stand in the configuration for it; the text as it is where absent. */
  readonly raw?: (given: string) => unknown;
  /** What it has to be, where that is not what the configuration's value has to be. */
  readonly form?: string;
  readonly repeated?: boolean;
}

/** Digits alone are a number in the configuration, and everything is text on the command line. */
function numberOrText(given: string): number | string {
  return /^\d{1,15}$/.test(given) ? Number(given) : given;
}

/** Who calls, and whether the server is the right one: for every verb that calls at one. */
const SERVER: readonly AccountOption[] = [
  { flags: '--password-file <file>', key: 'password_file', meaning: 'a file whose first line is the password' },
  { flags: '--password-command <line>', key: 'password_command', meaning: 'a command that prints it' },
  { flags: '--password-env <variable>', key: 'password_env', meaning: 'a variable of the environment that has it' },
  { flags: '--token-file <file>', key: 'token_file', meaning: 'a file whose first line is an OAuth 2.0 access token' },
  { flags: '--token-command <line>', key: 'token_command', meaning: 'a command that prints one' },
  { flags: '--token-env <variable>', key: 'token_env', meaning: 'a variable of the environment that has one' },
  {
    flags: '--auth <method>',
    key: 'auth',
    meaning: 'the only way to log in that may be taken, such as SCRAM-SHA-256, PLAIN, USER (may be given again)',
    repeated: true,
  },
  { flags: '--tls <kind>', key: 'tls', meaning: 'implicit, starttls, or none: the consent to no TLS at all' },
  { flags: '--ca <file>', key: 'ca', meaning: 'the authorities that are trusted, PEM' },
  {
    flags: '--pin <sha256>',
    key: 'pin',
    meaning: 'the certificate that is trusted, by its SHA-256 (may be given again)',
    repeated: true,
  },
  { flags: '--client-cert <file>', key: 'client_cert', meaning: 'a certificate to show to the server, PEM' },
  { flags: '--client-key <file>', key: 'client_key', meaning: 'its private key, PEM' },
  {
    flags: '--timeout <time>',
    key: 'timeout',
    meaning: 'how long the server may be silent, such as 30s',
    raw: numberOrText,
  },
];

/** Which letters are wanted, and what becomes of them. */
const LETTERS: readonly AccountOption[] = [
  { flags: '--keep', key: 'afterwards', meaning: 'leave the letters at the server (default)', raw: () => 'keep' },
  { flags: '--delete', key: 'afterwards', meaning: 'delete them there once they are safe here', raw: () => 'delete' },
  {
    flags: '--delete-after <time>',
    key: 'afterwards',
    meaning: 'delete them there so long after, such as 14d',
    raw: (time) => `delete after ${time}`,
    form: 'a time such as 14d',
  },
  {
    flags: '--delete-adopted',
    key: 'delete_adopted',
    meaning: 'delete what another program has kept as well, which nothing proves',
  },
  {
    flags: '--since <date>',
    key: 'first_run',
    meaning: 'of what is there already, fetch what came on that day or later, such as 2026-01-31',
    raw: (date) => `since ${date}`,
    form: 'a day such as 2026-01-31',
  },
  {
    flags: '--last <n>',
    key: 'first_run',
    meaning: 'of what is there already, fetch the newest so many',
    raw: (letters) => `last ${letters}`,
    form: 'a number of letters',
  },
  {
    flags: '--mark-existing',
    key: 'first_run',
    meaning: 'fetch nothing of what is there already',
    raw: () => 'mark-existing',
  },
  {
    flags: '--max-size <octets>',
    key: 'max_size',
    meaning: 'fetch no letter above this, such as 20MiB',
    raw: numberOrText,
  },
  { flags: '--larger <what>', key: 'larger', meaning: 'what becomes of those: skip (default) or headers' },
];

/** Where the letters go. */
const DESTINATION: readonly AccountOption[] = [
  {
    flags: '--to <destination>',
    key: 'to',
    meaning: 'maildir:DIR, mbox:FILE, account:NAME, lmtp:HOST:PORT, lmtp:unix:PATH, command:LINE or accounts',
  },
  {
    flags: '--recipient <addr>',
    key: 'recipient',
    meaning: 'for lmtp: whose they are (may be given again)',
    repeated: true,
  },
  {
    flags: '--multidrop <header>',
    key: 'multidrop.header',
    meaning: 'for accounts: the header field that says whose a letter is, such as Delivered-To',
  },
  { flags: '--multidrop-prefix <text>', key: 'multidrop.prefix', meaning: 'what stands before the address in it' },
  { flags: '--line-ends <kind>', key: 'line_ends', meaning: 'for command: lf (default) or crlf' },
];

const ALL = [...SERVER, ...LETTERS, ...DESTINATION];

/** Options that say what a key of `[collect]` says. */
const GENERAL = {
  state: {
    key: 'collect.state',
    flags: '--state <dir>',
    meaning: 'where it is remembered what was collected (default: collect in the data folder)',
  },
  every: {
    key: 'collect.every',
    flags: '--every <time>',
    meaning: 'call again and again, such as 5m, until it is ended',
  },
  parallel: { key: 'collect.parallel', flags: '--parallel <n>', meaning: 'accounts that are called at once' },
  exec: { key: 'collect.exec', flags: '--exec <line>', meaning: 'a command to run after new mail has come' },
} as const satisfies Readonly<
  Record<string, { readonly key: SettingKey; readonly flags: string; readonly meaning: string }>
>;

type GeneralOption = keyof typeof GENERAL;

/** Adds some of them. */
export function withGeneralOptions(command: Command, ...names: readonly GeneralOption[]): Command {
  for (const name of names) command.option(GENERAL[name].flags, GENERAL[name].meaning);
  return command;
}

/** What they say, for the reader of the configuration, which they beat. */
export function generalOverrides(given: GivenOptions): readonly Override[] {
  return (Object.keys(GENERAL) as GeneralOption[]).flatMap((name) => {
    const value = given[name];
    if (typeof value !== 'string') return [];
    const { key } = GENERAL[name];
    const written = name === 'parallel' || name === 'every' ? numberOrText(value) : value;
    return [{ key, name: `--${name}`, value: written, folder: process.cwd() }];
  });
}

/** What commander makes of the options. */
export type GivenOptions = Readonly<Record<string, unknown>>;

/** The options by which one calls at a server. */
export function withServerOptions(command: Command): Command {
  return withOptions(command, SERVER, 'The server and the login:');
}

/** All options of an account. */
export function withAccountOptions(command: Command): Command {
  withOptions(command, DESTINATION, 'Where the letters go:');
  withServerOptions(command);
  return withOptions(command, LETTERS, 'Which letters, and what becomes of them:');
}

function withOptions(command: Command, options: readonly AccountOption[], heading: string): Command {
  for (const { flags, meaning, key, repeated } of options) {
    const option = new Option(flags, meaning).helpGroup(heading);
    if (repeated) option.argParser((given: string, before: readonly string[] = []) => [...before, given]);
    const rivals = options.filter((other) => other.key === key && other.flags !== flags);
    command.addOption(option.conflicts(rivals.map((rival) => new Option(rival.flags).attributeName())));
  }
  return command;
}

/**
 * The options of a verb below `collect`. Commander takes for `collect` what it knows there, wherever it stands, so it is
 * asked for both; what only `collect` has a use for is a mistake.
 */
export function optionsBelow(self: Command): GivenOptions {
  const above = self.parent;
  if (above === null) return self.opts();
  const given = above.options.filter((option) => above.getOptionValueSource(option.attributeName()) === 'cli');
  const foreign = given.filter(({ long }) => !self.options.some((own) => own.long === long));
  if (foreign.length > 0) {
    const verb = `restante collect ${self.name()}`;
    throw new UsageError(
      ...foreign.map(({ long }) => `${long} is for restante collect, and not for ${verb}: see ${verb} --help`),
    );
  }
  const values = given.map((option) => [option.attributeName(), above.getOptionValue(option.attributeName())] as const);
  return { ...self.opts<GivenOptions>(), ...Object.fromEntries(values) };
}

/** What the options of one command line say. */
export interface OptionValues {
  readonly values: Partial<CollectAccountSettings>;
  /** The option that said it, by key: `--delete-after`. */
  readonly names: ReadonlyMap<CollectAccountKey, string>;
  readonly problems: readonly string[];
}

/** Reads them as the configuration's values are read; relative paths count from the working directory. */
export function optionValues(given: GivenOptions): OptionValues {
  const values: Record<string, unknown> = {};
  const names = new Map<CollectAccountKey, string>();
  const problems: string[] = [];
  for (const { flags, key, raw, form } of ALL) {
    const option = new Option(flags);
    const said = given[option.attributeName()];
    if (said === undefined || said === false) continue;
    const name = option.long ?? flags;
    names.set(key, name);
    const written = raw === undefined ? said : raw(String(said));
    const read = readValue(COLLECT_ACCOUNT[key] as Setting<unknown>, written, process.cwd());
    if (read.type === 'value') values[key] = read.value;
    else problems.push(`${name} ${form === undefined ? read.message : `must be ${form}`}`);
  }
  return { values, names, problems };
}

/** What a key is called on the command line, for what is said about it where nobody has given it. */
export function optionName(key: CollectAccountKey): string {
  const flags = ALL.find((option) => option.key === key)?.flags;
  return flags === undefined ? 'the URL' : (new Option(flags).long ?? flags);
}
