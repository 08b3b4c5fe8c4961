import { afterwards, destination, firstRun, mapping, oneOrMore, ownPath } from './collect-kinds.ts';
import { choice, count, duration, line, lines, octets, yesOrNo } from './kinds.ts';
import { type NamedTables, optional, type Rows, setting, type ValuesOf } from './setting.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
const MEBIOCTET = 2 ** 20;

/** What goes for all accounts that mail is collected from. */
export const COLLECT = {
  'collect.every': optional(
    duration(10 * SECOND, 30 * DAY),
    'once',
    'How often `restante collect` calls, until it is ended; a little earlier or later each time, so that not everybody calls at the full hour.',
  ),
  'collect.parallel': setting(count(1, 1000), 10, 'Accounts that are called at once.'),
  'collect.per_host': setting(
    count(1, 100),
    2,
    'Accounts at one host that are called at once: providers take many calls from one place for an attack.',
  ),
  'collect.state': optional(
    ownPath('folder'),
    'DATA/collect',
    'The folder in which it is remembered which letters were collected. Without it everything comes once more.',
  ),
  'collect.exec': optional(
    line('a command', /\S/),
    'nothing',
    'A command that is run after new mail has come, once for all accounts of a run; `sh -c`, with counts in its environment ([collecting](collecting.md)).',
  ),
} satisfies Rows;

const SECRET =
  'Give one of `password_file`, `password_command` and `password_env`; without any it is asked for on a terminal.';

/** What one `[collect.account.NAME]` may say. On the command line each is an option of `restante collect URL`. */
export const COLLECT_ACCOUNT = {
  url: optional(
    line('an address such as "pops://anna@pop.example.org"', /^[A-Za-z0-9]+:\/\/\S+$/),
    'has to be there',
    'Whose maildrop, and where: `pops://USER@HOST` with TLS from the start (port 995), `pop://USER@HOST` with TLS by STLS (port 110). `USER` may be a whole address. Never a password.',
  ),
  to: optional(
    destination(),
    'has to be there',
    'Where its letters go: `maildir:DIR`, `mbox:FILE`, `account:NAME` (an account of this office), `lmtp:HOST:PORT` or `lmtp:unix:PATH` with `recipient`, `command:LINE`; `accounts` with `multidrop.header` ([collecting](collecting.md)).',
  ),
  password_file: optional(
    ownPath('file'),
    'none',
    `A file whose first line is the password; only you may be able to read it. ${SECRET}`,
  ),
  password_command: optional(
    line('a command', /\S/),
    'none',
    'A command whose first line of output is the password; `sh -c`.',
  ),
  password_env: optional(variable(), 'none', 'A variable of the environment that has the password.'),
  token_file: optional(
    ownPath('file'),
    'none',
    'A file whose first line is an OAuth 2.0 access token: it is used instead of a password, by OAUTHBEARER or XOAUTH2.',
  ),
  token_command: optional(
    line('a command', /\S/),
    'none',
    'A command whose first line of output is an access token: asked at each login, so that it can renew it.',
  ),
  token_env: optional(variable(), 'none', 'A variable of the environment that has an access token.'),
  auth: setting(
    lines('login methods such as "SCRAM-SHA-256", "PLAIN", "USER", "APOP" or "CRAM-MD5"', /^[A-Za-z0-9_-]{1,20}$/),
    [],
    'The only ways to log in that may be taken. Without it: the strongest that the server offers; APOP and CRAM-MD5, which are weak, have to be named.',
  ),
  tls: optional(
    choice('implicit', 'starttls', 'none'),
    'as the scheme of `url` says',
    '`implicit` is TLS from the start, `starttls` TLS by STLS or no login at all. `none` is the consent to no TLS: everybody on the way can read password and letters.',
  ),
  ca: optional(
    ownPath('file'),
    "the system's",
    'Certificates of the authorities that are trusted for this server, PEM.',
  ),
  pin: setting(
    oneOrMore(
      'SHA-256 of a certificate in hexadecimal, or sha256/ and that of its public key in base64',
      /^(?:(?:[0-9A-Fa-f]{2}:?){32}|sha256\/[A-Za-z0-9+/]{43}=)$/,
    ),
    [],
    "The server's certificate has to be one of these. Without `ca` they are all that it is held against, so that a self-signed certificate can be trusted; with it both have to be right.",
  ),
  client_cert: optional(ownPath('file'), 'none', 'A certificate to show to the server, PEM. Goes with `client_key`.'),
  client_key: optional(ownPath('file'), 'none', 'Its private key, PEM, without a passphrase.'),
  afterwards: setting(
    afterwards(),
    { type: 'keep' },
    'What becomes of a letter at the server once it is safe here. `"delete"` takes letters along that earlier runs have kept.',
  ),
  delete_adopted: setting(
    yesOrNo(),
    false,
    'Whether `afterwards` is also for letters that another program has kept, as `collect import-state` was told. Nothing proves what it has.',
  ),
  first_run: setting(
    firstRun(),
    { type: 'all' },
    'Which letters are fetched when the maildrop is seen for the first time; the others are known from then on, and left.',
  ),
  max_size: optional(octets(1, 2 ** 40), 'no limit', 'The largest letter that is fetched, as the server says.'),
  larger: setting(
    choice('skip', 'headers'),
    'skip',
    'What becomes of letters above `max_size`: they are left, or only their header is fetched. Either way they stay at the server.',
  ),
  recipient: setting(
    oneOrMore('an account or an address', /^\S+$/),
    [],
    'For `lmtp:`: whose letters they are. Each recipient gets each letter.',
  ),
  'multidrop.header': optional(
    line('the name of a header field', /^[!-9;-~]{1,200}$/),
    'none',
    'For a maildrop of several people: the header field in which its server notes whom it took a letter for (`Delivered-To`, `X-Original-To`, `Envelope-To`). With `to = "accounts"` the letters go where they would go here for that address; with `multidrop.map` as it says. A letter without the field is held, and reported.',
  ),
  'multidrop.prefix': optional(
    line('a text', /^\S{1,200}$/),
    'none',
    'What stands before the address in that field, and is left out.',
  ),
  'multidrop.map': optional(
    mapping('a table of addresses, each with its destination'),
    'none',
    'Where the letters for each address go, such as `"info@example.org" = "maildir:~/Info"`; those for all others go to `to`, and are held where there is none.',
  ),
  line_ends: setting(choice('lf', 'crlf'), 'lf', 'For `command:`: how lines end in what the command reads.'),
  command_timeout: setting(
    duration(SECOND, 7 * DAY),
    300 * SECOND,
    'For `command:`: how long it may take for one letter.',
  ),
  attempts: setting(
    count(1, 1000),
    3,
    'How often a letter that fails is tried before it is left alone and reported; for a day at least, where the server or the network may be at fault.',
  ),
  commit_every: setting(
    count(1, 1_000_000),
    1000,
    'Letters that are deleted in one session at most; then it is ended by QUIT, which makes it true, and another one goes on. Ten times as many where they are kept already, and nothing is fetched.',
  ),
  large: setting(
    octets(1, 2 ** 40),
    20 * MEBIOCTET,
    'A letter above this is large: such come last, and what was deleted before is made true first.',
  ),
  timeout: optional(
    duration(SECOND, HOUR),
    '30 s to connect, 3 min for an answer',
    'How long the server may be silent.',
  ),
  exec: optional(
    line('a command', /\S/),
    'nothing',
    'A command that is run after new mail has come for this account; `sh -c`, with counts in its environment.',
  ),
} satisfies Rows;

/** One account that mail is collected from, as it was written; nothing of it has been looked up yet. */
export type CollectAccountSettings = ValuesOf<typeof COLLECT_ACCOUNT>;
export type CollectAccountKey = keyof typeof COLLECT_ACCOUNT;

/** Words that `restante collect` has another use for. */
const RESERVED = ['check', 'list', 'peek', 'get', 'import-state'];

export const COLLECT_ACCOUNTS = {
  rows: COLLECT_ACCOUNT,
  name: {
    grammar: new RegExp(`^(?!(?:${RESERVED.join('|')})$)[\\p{L}\\p{N}][\\p{L}\\p{N}@._+-]{0,99}$`, 'u'),
    form: `a name of letters, digits and @ . _ + -, and none of ${RESERVED.join(', ')}`,
  },
  refused: {
    password: plainly('password'),
    pass: plainly('password'),
    token: plainly('token'),
    access_token: plainly('token'),
  },
  contradictions,
  meaning:
    'One maildrop elsewhere that mail is collected from. `NAME` is yours to choose; `restante collect NAME` calls there, `restante collect` at all of them.',
} satisfies NamedTables<typeof COLLECT_ACCOUNT>;

function plainly(kind: 'password' | 'token'): string {
  return `is refused, since secrets do not belong into the configuration: put it into a file that only you can read, and write ${kind}_file = "PATH"; or give ${kind}_command`;
}

function variable(): ReturnType<typeof line> {
  return line('the name of a variable of the environment', /^[A-Za-z_][A-Za-z0-9_]*$/);
}

const SECRETS = [
  'password_file',
  'password_command',
  'password_env',
  'token_file',
  'token_command',
  'token_env',
] as const;

/** What is wrong with an account though each of its values can be meant. */
export function* contradictions(
  account: CollectAccountSettings,
  nameOf: (key: CollectAccountKey) => string,
): Generator<{ readonly key?: CollectAccountKey; readonly message: string }> {
  if (account.url === undefined) yield { message: 'has no url: write url = "pops://USER@HOST"' };
  if (account.to === undefined && account['multidrop.map'] === undefined) {
    yield { message: 'has no to: write to = "maildir:DIR", or where else its letters go' };
  }
  if (account.to === 'accounts' && account['multidrop.map'] !== undefined) {
    yield {
      key: 'multidrop.map',
      message: `contradicts ${nameOf('to')} accounts: the letters are sorted by one of them`,
    };
  }
  if (account.to === 'accounts' && account['multidrop.header'] === undefined) {
    yield {
      key: 'to',
      message: `is accounts, and needs ${nameOf('multidrop.header')} beside it: the field that says whose a letter is`,
    };
  }
  const [first, second] = SECRETS.filter((key) => account[key] !== undefined);
  if (first !== undefined && second !== undefined) {
    yield { key: second, message: `contradicts ${nameOf(first)}: one of them says where the secret is` };
  }
  if (account.client_cert !== undefined && account.client_key === undefined) {
    yield { key: 'client_cert', message: `needs ${nameOf('client_key')} beside it` };
  }
  if (account.client_key !== undefined && account.client_cert === undefined) {
    yield { key: 'client_key', message: `needs ${nameOf('client_cert')} beside it` };
  }
  if (account.larger === 'headers' && account.max_size === undefined) {
    yield { key: 'larger', message: `needs ${nameOf('max_size')} beside it, above which it holds` };
  }
  for (const key of ['multidrop.prefix', 'multidrop.map'] as const) {
    if (account[key] !== undefined && account['multidrop.header'] === undefined) {
      yield { key, message: `needs ${nameOf('multidrop.header')} beside it: the field that the address is read from` };
    }
  }
  if (account.tls === 'none' && (account.ca !== undefined || account.pin.length > 0)) {
    yield {
      key: 'tls',
      message: `is none, so there is no certificate that ${nameOf('ca')} or ${nameOf('pin')} could be held against`,
    };
  }
}
