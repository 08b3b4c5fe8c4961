import { Command } from 'commander';
import { isNetwork } from '../accounts/network.ts';
import type { AccountPolicy, PolicyEdit } from '../accounts/policy.ts';
import type { PolicyInForce } from '../accounts/policy-in-force.ts';
import { formatDuration, parseDuration } from '../config/quantity.ts';
import { atOffice } from './at-office.ts';
import { UsageError } from './exit-code.ts';
import { print, printJson, say } from './output.ts';
import { placesOf } from './places.ts';
import { table } from './table.ts';

const SECOND = 1_000;
const DAY = 86_400_000;

/** An option: its value's forms, and what becomes of one. `undefined` is a value that it does not take. */
interface Row {
  readonly option: string;
  readonly form: string;
  readonly meaning: string;
  readonly read: (text: string) => AccountPolicy[keyof AccountPolicy];
}

/** `default`, which goes with each, is what the settings say. */
const ROWS = {
  requireTls: { option: 'require-tls', form: 'yes|no', meaning: 'whether nobody logs in without TLS', read: yesOrNo },
  networks: {
    option: 'networks',
    form: 'list|everywhere',
    meaning: 'addresses and networks that logins are taken from, with commas between them',
    read: networks,
  },
  sessions: { option: 'sessions', form: 'n', meaning: 'POP3 sessions open at once', read: count },
  requireDevice: {
    option: 'require-device',
    form: 'yes|no',
    meaning: 'whether only passwords of devices are taken (see: account device)',
    read: yesOrNo,
  },
  loginDelay: {
    option: 'login-delay',
    form: '5m|none',
    meaning: 'the time from one login to the next (RFC 2449)',
    read: (text) => (text === 'none' ? 0 : whole(text, SECOND)),
  },
  expire: {
    option: 'expire',
    form: '30d|never',
    meaning: 'how long a letter is kept (RFC 2449)',
    read: (text) => (text === 'never' ? null : whole(text, DAY)),
  },
  expireFetched: {
    option: 'expire-fetched',
    form: '7d|never',
    meaning: 'how long a letter is kept once it was fetched',
    read: (text) => (text === 'never' ? null : whole(text, DAY)),
  },
  lock: {
    option: 'lock',
    form: 'snapshot|exclusive',
    meaning: 'whether one session at a time has the mailbox',
    read: (text) => (text === 'snapshot' || text === 'exclusive' ? text : undefined),
  },
  removalNotice: {
    option: 'removal-notice',
    form: 'yes|no',
    meaning: 'whether the owner is written a letter about letters that were removed',
    read: yesOrNo,
  },
} as const satisfies Partial<Record<keyof AccountPolicy, Row>>;

type Key = keyof typeof ROWS;
const KEYS = Object.keys(ROWS) as Key[];

/** `restante account policy NAME`. */
export function policyCommand(): Command {
  const command = new Command('policy')
    .description('show what goes for one account, or change it; `default` is what the settings say')
    .argument('<name>');
  for (const { option, form, meaning } of Object.values(ROWS)) command.option(`--${option} <${form}|default>`, meaning);
  return command.action(async (name: string, options: Readonly<Record<string, string>>, self: Command) => {
    const edit = editOf(options);
    const changes = Object.keys(edit.set).length + edit.unset.length > 0;
    const places = placesOf(self);
    const account = await atOffice(places, {}, async (office) => {
      if (changes) await office.editPolicy({ name, edit });
      return office.showAccount({ name });
    });
    if (changes) say(`The account ${account.name} has this policy now.`);
    if (places.json) printJson(account.policy);
    else print(policyTable(account.policy));
  });
}

/** The policy, a line for each value. */
export function policyTable(policy: PolicyInForce): string {
  const rows = KEYS.map((key) => {
    const { value, from } = policy[key];
    return [ROWS[key].option, shown(key, value), from === 'account' ? 'its own' : 'as the settings say'];
  });
  return table(['policy', 'value', 'from'], rows);
}

function editOf(options: Readonly<Record<string, string>>): PolicyEdit {
  const set: Record<string, unknown> = {};
  const unset: Key[] = [];
  const problems: string[] = [];
  for (const key of KEYS) {
    const text = options[key];
    if (text === undefined) continue;
    const { option, form, read }: Row = ROWS[key];
    const value = text === 'default' ? undefined : read(text);
    if (text === 'default') unset.push(key);
    else if (value === undefined) problems.push(`--${option} takes ${form}|default, not ${JSON.stringify(text)}`);
    else set[key] = value;
  }
  if (problems.length > 0) throw new UsageError(...problems);
  return { set, unset };
}

function shown(key: Key, value: PolicyInForce[Key]['value']): string {
  if (value === null) return 'never';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  if (typeof value === 'object') return value.length === 0 ? 'everywhere' : value.join(',');
  if (key === 'loginDelay') return value === 0 ? 'none' : formatDuration(value * SECOND);
  return key === 'sessions' ? `${value}` : formatDuration(value * DAY);
}

function yesOrNo(text: string): boolean | undefined {
  return text === 'yes' ? true : text === 'no' ? false : undefined;
}

function count(text: string): number | undefined {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

function whole(text: string, unit: number): number | undefined {
  const milliseconds = parseDuration(text);
  return milliseconds === undefined || milliseconds % unit !== 0 ? undefined : milliseconds / unit;
}

function networks(text: string): readonly string[] | undefined {
  if (text === 'everywhere') return [];
  const list = text.split(',').map((network) => network.trim());
  return list.every(isNetwork) && list.length <= 100 ? list : undefined;
}
