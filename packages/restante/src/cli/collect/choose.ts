import { join } from 'node:path';
import type { Pop3Auth, Pop3Tls } from '@restante/pop/client';
import { type CollectAccount, mailboxKey } from '../../collect/account.ts';
import type { DestinationSpec } from '../../collect/destinations/spec.ts';
import {
  COLLECT_ACCOUNT,
  type CollectAccountKey,
  type CollectAccountSettings,
  contradictions,
} from '../../config/collect-settings.ts';
import { nearest } from '../../config/nearest.ts';
import { defaultsOf } from '../../config/setting.ts';
import type { Settings } from '../../config/settings.ts';
import { Failure } from '../../failure.ts';
import { UsageError } from '../exit-code.ts';
import type { Places } from '../places.ts';
import { askSecret, interactive } from '../terminal.ts';
import { joined, tlsFiles, understand } from './account.ts';
import { type GivenOptions, type OptionValues, optionName, optionValues } from './options.ts';
import { readSecret, secretPlace } from './secret.ts';

/** An account that is to be called for, with nothing left open but its secret. */
export interface ChosenAccount {
  readonly account: CollectAccount;
  readonly settings: CollectAccountSettings;
  /** Where its letters go; absent where the verb takes none. */
  readonly destination: DestinationSpec | undefined;
}

/** Who is to be called for, and what for. */
export interface Choice {
  /** A URL, or names in the configuration; none are all of those. */
  readonly words: readonly string[];
  readonly options: GivenOptions;
  /** Whether letters are to go somewhere. */
  readonly collects: boolean;
  /** Whether anybody is called; default true. Otherwise nobody is asked for a password. */
  readonly calls?: boolean;
}

/**
 * The accounts that a command line means. Throws a {@link UsageError} that has everything that is wrong with them.
 * Passwords that nobody has put anywhere are asked for here, one after the other.
 */
export async function chooseAccounts(places: Places, choice: Choice): Promise<readonly ChosenAccount[]> {
  const given = optionValues(choice.options);
  const problems = [...given.problems];
  const found = candidates(places, choice, given, problems);
  const chosen: ChosenAccount[] = [];
  if (problems.length === 0) {
    for (const candidate of found) {
      const account = accountOf(candidate, choice.collects, problems);
      if (account !== undefined) chosen.push(account);
    }
    problems.push(...alike(chosen));
  }
  if (problems.length > 0) throw new UsageError(...problems);
  if (choice.calls === false) return chosen;
  const complete: ChosenAccount[] = [];
  for (const each of chosen) complete.push(await withSecret(each));
  return complete;
}

/** The folder of the journals. */
export function stateFolder({ data, settings }: Pick<Places, 'data' | 'settings'>): string {
  return settings['collect.state'] ?? join(data, 'collect');
}

interface Candidate {
  /** Its name in the configuration. */
  readonly name: string | undefined;
  readonly settings: CollectAccountSettings;
  /** What its owner calls a setting of it. */
  readonly nameOf: (key: CollectAccountKey) => string;
}

function candidates(
  { settings, configuration }: Places,
  { words, collects }: Choice,
  given: OptionValues,
  problems: string[],
): readonly Candidate[] {
  const accounts = settings['collect.account'];
  if (words.some((word) => word.includes('://'))) {
    if (words.length > 1) problems.push('one URL is called at a time: write several accounts into the configuration');
    if (collects && !given.names.has('to'))
      problems.push(`--to is missing: write --to maildir:DIR, or where else the letters go`);
    const url = words.find((word) => word.includes('://')) ?? '';
    const own = { ...(defaultsOf(COLLECT_ACCOUNT) as unknown as CollectAccountSettings), ...given.values, url };
    return [{ name: undefined, settings: own, nameOf: (key) => given.names.get(key) ?? optionName(key) }];
  }
  if (accounts.size === 0) {
    const where = configuration.exists ? 'there' : `into ${configuration.file}`;
    const what = collects ? 'restante collect pops://USER@HOST --to maildir:DIR' : 'pops://USER@HOST';
    problems.push(
      words.length === 0
        ? `there is nobody to call for: write ${what}, or [collect.account.NAME] ${where}`
        : `${JSON.stringify(words[0])} is no URL such as pops://USER@HOST, and there are no accounts in ${configuration.file}`,
    );
    return [];
  }
  const names = words.length === 0 ? [...accounts.keys()] : [...new Set(words)];
  const found: Candidate[] = [];
  for (const name of names) {
    const own = accounts.get(name);
    if (own === undefined) problems.push(unknown(name, accounts));
    else {
      const nameOf = (key: CollectAccountKey) => given.names.get(key) ?? `collect.account.${name}.${key}`;
      found.push({ name, settings: overridden(own, given), nameOf });
    }
  }
  const ones = FOR_ONE.filter((key) => given.names.has(key));
  if (found.length > 1 && ones.length > 0) {
    problems.push(
      `${given.names.get(ones[0] ?? 'to')} is for one account, and this is for ${found.length}: name one of them`,
    );
  }
  return found;
}

function unknown(name: string, accounts: Settings['collect.account']): string {
  const meant = nearest(name, accounts.keys());
  const all = [...accounts.keys()].slice(0, 20).join(', ');
  const remedy =
    meant !== undefined
      ? `did you mean ${meant}?`
      : name.includes('@')
        ? `a URL is whole, as pops://${name}`
        : `there are ${all}`;
  return `there is no account ${JSON.stringify(name)} in the configuration: ${remedy}`;
}

/** What says whose mail it is, or where it goes: it cannot be meant for several accounts. */
const FOR_ONE = [
  'to',
  'recipient',
  'password_file',
  'password_command',
  'password_env',
  'token_file',
  'token_command',
  'token_env',
  'client_cert',
  'client_key',
] as const satisfies readonly CollectAccountKey[];

/** Where the command line names a secret, the configuration's is not asked for. */
function overridden(own: CollectAccountSettings, { values }: OptionValues): CollectAccountSettings {
  if (secretPlace({ ...own, ...NO_SECRET, ...values }) === undefined) return { ...own, ...values };
  return { ...own, ...NO_SECRET, ...values };
}

const NO_SECRET = {
  password_file: undefined,
  password_command: undefined,
  password_env: undefined,
  token_file: undefined,
  token_command: undefined,
  token_env: undefined,
} as const;

function accountOf(candidate: Candidate, collects: boolean, problems: string[]): ChosenAccount | undefined {
  const { name, nameOf } = candidate;
  const settings = collects ? candidate.settings : { ...candidate.settings, ...NOWHERE };
  const before = problems.length;
  for (const { key, message } of contradictions(settings, name === undefined ? nameOf : (key) => key)) {
    if (key !== undefined) problems.push(`${nameOf(key)} ${message}`);
    else if (collects && name !== undefined) problems.push(`collect.account.${name} ${message}`);
  }
  const understood = understand(settings);
  if ('problems' in understood) {
    for (const { key, message } of understood.problems) problems.push(nameOf(key) + joined(message));
    return undefined;
  }
  if (problems.length > before) return undefined;
  const { called, server, policy, destination } = understood;
  let tls: Pop3Tls;
  try {
    tls = tlsFiles(settings);
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    problems.push(`${name ?? called}: ${thrown.message}`);
    return undefined;
  }
  return { account: { name: name ?? called, server: { ...server, tls }, policy }, settings, destination };
}

/** What has to do with where letters go. */
const NOWHERE = {
  to: undefined,
  recipient: [],
  'multidrop.header': undefined,
  'multidrop.prefix': undefined,
  'multidrop.map': undefined,
} as const;

/** Two that call for the same maildrop would stand in each other's way, and share what is known of it. */
function* alike(chosen: readonly ChosenAccount[]): Generator<string> {
  const names = new Map<string, string>();
  for (const { account } of chosen) {
    const key = mailboxKey(account);
    const other = names.get(key);
    if (other === undefined) names.set(key, account.name);
    else yield `${account.name} is the same maildrop as ${other} (${key}): leave one of them out`;
  }
}

async function withSecret(chosen: ChosenAccount): Promise<ChosenAccount> {
  const { account, settings } = chosen;
  const auth = account.server.auth;
  if (auth === undefined) return chosen;
  const found = secretPlace(settings);
  let secret: Pick<Pop3Auth, 'pass' | 'accessToken'> = {};
  if (found !== undefined) {
    const read = () => readSecret(found.place, found.kind);
    secret = found.kind === 'token' ? { accessToken: read } : { pass: read };
  } else if (settings.client_cert === undefined) {
    if (!interactive()) throw new UsageError(`${account.name}: ${NO_TERMINAL}`);
    const typed = await askSecret(`Password of ${account.name}: `);
    secret = { pass: () => typed };
  }
  return { ...chosen, account: { ...account, server: { ...account.server, auth: { ...auth, ...secret } } } };
}

const NO_TERMINAL =
  'there is no terminal to ask for the password on: give --password-file FILE, --password-command LINE or --password-env VARIABLE, or write one of them into the configuration';
