import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { accountName } from '../../accounts/account-name.ts';
import { formatListen, parseListen } from '../../config/listen-address.ts';
import { nearest } from '../../config/nearest.ts';
import { parsePath } from '../../delivery/path.ts';
import type { LmtpAddress } from '../../lmtp-client/lmtp-client.ts';

/** Where letters of one maildrop go. `name` is what people and the journal call it: as it was written, made absolute. */
export type DestinationSpec = InnerSpec | SortedSpec;

/** One that takes every letter. */
export type InnerSpec =
  | { readonly type: 'maildir' | 'mbox'; readonly name: string; readonly path: string }
  | { readonly type: 'account'; readonly name: string; readonly account: string }
  | {
      readonly type: 'lmtp';
      readonly name: string;
      readonly address: LmtpAddress;
      /** Forward-paths without brackets; each of them gets each letter. None where the letter's own envelope tells. */
      readonly recipients: readonly string[];
    }
  | {
      readonly type: 'command';
      readonly name: string;
      readonly line: string;
      readonly lineEnds: LineEnds;
      /** How long one letter may take, in milliseconds. */
      readonly patience: number;
    };

export type LineEnds = 'lf' | 'crlf';

/** One that sorts them by the address that a header field names. */
export interface SortedSpec {
  readonly type: 'sorted';
  readonly name: string;
  /** The field's name as it was written; case does not matter. */
  readonly header: string;
  /** What stands before the address in it, and is left out where it does. */
  readonly prefix: string;
  /** By the office's own routes, or by this list: {@link sortingKey} of an address, or `*` for all that is not listed. */
  readonly to: 'accounts' | ReadonlyMap<string, InnerSpec>;
}

/** The settings that a destination's text has beside it: on the command line `--recipient`, in a file `recipient`. */
export type DestinationSetting =
  | 'to'
  | 'recipient'
  | 'line-ends'
  | 'command-timeout'
  | 'sort-by'
  | 'sort-prefix'
  | 'sort';

/** It cannot be understood: which setting is wrong, why, and what to write instead. */
export interface WrongDestination {
  readonly type: 'wrong';
  readonly setting: DestinationSetting;
  /** A whole sentence without its full stop, that needs no other place: it says what was written. */
  readonly message: string;
}

export interface DestinationOptions {
  /** For LMTP, whose letters they are: accounts or addresses. `envelope` in a list, where each letter's address tells. */
  readonly recipients?: readonly string[] | 'envelope';
  /** For a command; LF where absent. */
  readonly lineEnds?: LineEnds;
  /** How long a command may take for one letter, in milliseconds; five minutes where absent. */
  readonly commandTimeout?: number;
  /** For `accounts`: the header field that names the address. */
  readonly sortBy?: string;
  /** What stands before the address in that field, and is left out. */
  readonly sortPrefix?: string;
  /** The folder from which relative paths go; the working directory where absent. */
  readonly folder?: string;
  /** What `~/` stands for. */
  readonly home?: string;
}

const EXAMPLES: Readonly<Record<string, string>> = {
  maildir: 'maildir:~/Maildir',
  mbox: 'mbox:~/mbox',
  account: 'account:anna',
  lmtp: 'lmtp:127.0.0.1:24 or lmtp:unix:/run/lmtp.sock',
  command: "command:'procmail -d anna'",
  accounts: 'accounts',
};

/** Reads a destination that takes every letter: `maildir:DIR`, `mbox:FILE`, `account:NAME`, `lmtp:…`, `command:LINE`. */
export function parseInner(text: string, options: DestinationOptions): InnerSpec | WrongDestination {
  const [, scheme = '', rest = ''] = /^([A-Za-z][A-Za-z0-9+-]*):(.*)$/s.exec(text) ?? [];
  const { recipients = [] } = options;
  if (scheme !== 'lmtp' && typeof recipients !== 'string' && recipients.length > 0 && scheme in EXAMPLES) {
    return wrong('recipient', `${scheme}: has no recipient to be named: that is for lmtp:HOST:PORT`);
  }
  switch (scheme) {
    case 'maildir':
    case 'mbox':
      return parseFile(scheme, rest, options);
    case 'account':
      return parseAccount(rest);
    case 'lmtp':
      return parseLmtp(rest, options);
    case 'command':
      return parseCommand(rest, options);
    default:
      return unknownScheme(text, scheme, rest);
  }
}

function parseFile(type: 'maildir' | 'mbox', text: string, options: DestinationOptions): InnerSpec | WrongDestination {
  const what = type === 'maildir' ? 'a folder' : 'a file';
  if (text === '') return wrong('to', `${type}: names no ${what.slice(2)}: write ${EXAMPLES[type]}`);
  if (/\p{Cc}/u.test(text)) return wrong('to', `${type}: a control character stands in the name ${shown(text)}`);
  const path = absolute(text, options);
  if (path === undefined) {
    return wrong('to', `${type}:${shown(text)}: only ~/ is understood: write the folder of that user out`);
  }
  return { type, name: `${type}:${path}`, path };
}

/** `undefined` for `~somebody/`. */
function absolute(text: string, { folder = process.cwd(), home = homedir() }: DestinationOptions): string | undefined {
  if (text === '~' || text.startsWith('~/')) return resolve(join(home, text.slice(1)));
  return text.startsWith('~') ? undefined : resolve(folder, text);
}

function parseAccount(text: string): InnerSpec | WrongDestination {
  if (text === '') return wrong('to', `account: names no account: write ${EXAMPLES['account']}`);
  const account = accountName(text);
  if (account === undefined) {
    return wrong('to', `account: ${shown(text)} is no name of an account: restante account list shows those there are`);
  }
  return { type: 'account', name: `account:${account}`, account };
}

function parseLmtp(text: string, { recipients = [], ...options }: DestinationOptions): InnerSpec | WrongDestination {
  const parsed = parseListen(text, { unix: true });
  if (parsed.type !== 'address') {
    const why = parsed.type === 'off' || text === '' ? 'names no server' : parsed.message.replace(/,? or off\b/, '');
    return wrong('to', `lmtp:${shown(text)} ${why}; for example ${EXAMPLES['lmtp']}`);
  }
  const { address } = parsed;
  if (address.type === 'tcp' && address.port === 0) {
    return wrong('to', `lmtp:${shown(text)} has no port from 1 to 65535; for example ${EXAMPLES['lmtp']}`);
  }
  const place = address.type === 'unix' ? { ...address, path: absolute(address.path, options) ?? '' } : address;
  if (place.type === 'unix' && place.path === '') {
    return wrong('to', `lmtp:${shown(text)}: only ~/ is understood: write the folder of that user out`);
  }
  const { type: _, ...where } = place;
  if (recipients === 'envelope') {
    return { type: 'lmtp', name: `lmtp:${formatListen(place)}`, address: where, recipients: [] };
  }
  if (recipients.length === 0) {
    return wrong('recipient', `lmtp:${text} needs to be told whose letters they are: name a recipient, such as anna`);
  }
  const paths: string[] = [];
  for (const recipient of recipients) {
    const path = parsePath(/^<.*>$/.test(recipient) ? recipient.slice(1, -1) : recipient);
    if (path === undefined) return wrong('recipient', `${shown(recipient)} is neither an account nor an address`);
    if (!paths.includes(path.text)) paths.push(path.text);
  }
  const name = `lmtp:${formatListen(place)} for ${paths.join(', ')}`;
  return { type: 'lmtp', name, address: where, recipients: paths };
}

/** A letter for which a command takes longer than this is one that hangs. */
const COMMAND_TIMEOUT = 5 * 60_000;

function parseCommand(
  line: string,
  { lineEnds = 'lf', commandTimeout = COMMAND_TIMEOUT }: DestinationOptions,
): InnerSpec | WrongDestination {
  if (line.trim() === '') return wrong('to', `command: names no command: write ${EXAMPLES['command']}`);
  if (line.includes('\0')) return wrong('to', 'command: a NUL stands in the line, which no shell takes');
  if (!(commandTimeout >= 1 && commandTimeout <= LONGEST_PATIENCE)) {
    return wrong('command-timeout', 'a command may have from 1 millisecond to a week for one letter');
  }
  return { type: 'command', name: `command:${line}`, line, lineEnds, patience: commandTimeout };
}

const LONGEST_PATIENCE = 7 * 86_400_000;

function unknownScheme(text: string, scheme: string, rest: string): WrongDestination {
  const all = Object.keys(EXAMPLES).join(', ');
  if (text === '') return wrong('to', `no destination: write ${EXAMPLES['maildir']}, or another of ${all}`);
  if (scheme === '') {
    if (text in EXAMPLES) return wrong('to', `${text} names nothing: write ${EXAMPLES[text]}`);
    if (/^[~./]/.test(text))
      return wrong('to', `${shown(text)} has no kind before it: write maildir:${text} or mbox:${text}`);
    const near = nearest(text, Object.keys(EXAMPLES));
    return wrong('to', `${shown(text)} is no destination: ${near ? `write ${EXAMPLES[near]}` : `write one of ${all}`}`);
  }
  const near = nearest(scheme, Object.keys(EXAMPLES));
  const remedy = near === undefined ? `write one of ${all}` : `did you mean ${near}:${shown(rest)}?`;
  return wrong('to', `${shown(scheme)}: is no kind of destination: ${remedy}`);
}

export function wrong(setting: DestinationSetting, message: string): WrongDestination {
  return { type: 'wrong', setting, message };
}

/** What somebody wrote, printable and no longer than a line. */
export function shown(text: string): string {
  return /^[ -~]{0,200}$/.test(text) ? text : JSON.stringify(text.slice(0, 200));
}
