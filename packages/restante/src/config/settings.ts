import { COLLECT, COLLECT_ACCOUNTS } from './collect-settings.ts';
import {
  choice,
  choices,
  count,
  days,
  duration,
  group,
  line,
  lines,
  listen,
  networks,
  octets,
  path,
  percentages,
  permissions,
  yesOrNo,
} from './kinds.ts';
import { pairs } from './pairs.ts';
import { proxies } from './proxies.ts';
import { optional, type Rows, setting, type ValuesOf } from './setting.ts';

export type { Setting } from './setting.ts';

const DOMAIN =
  /^(?=.{1,255}$)[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?(?:\.[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?)*$/u;
const MAX_OCTETS = 2 ** 40;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Everything that `restante.toml` may say, by dotted key. */
export const SETTINGS = {
  hostname: optional(
    line('a host name', DOMAIN),
    "the machine's name",
    'The name in greetings, trace fields and challenges.',
  ),
  domains: optional(
    lines('domain names', DOMAIN),
    '["localhost", the machine\'s name]',
    'Every account NAME is reachable as NAME@D for each domain D here. A domain that only stands in addresses given to accounts is served too, for these addresses and postmaster.',
  ),
  postmaster: optional(
    line('the name of an account', /^[a-z0-9][a-z0-9._+-]{0,63}$/),
    'the first account',
    'The account that takes the mail for `postmaster`, bare and at every served domain (RFC 5321 §4.5.1).',
  ),
  'addresses.separator': setting(
    choice('+', '-', '=', 'off'),
    '+',
    'What sets off a tag in an address: mail for NAME+TAG reaches NAME, unless somebody is called NAME+TAG. The same goes for own addresses and aliases.',
  ),
  cleartext: setting(
    choice('never', 'loopback', 'always'),
    'loopback',
    'Who may log in without TLS: nobody, peers on this machine (both ends of the socket are loopback addresses), or everybody. Where it is not allowed, passwords are neither asked for nor looked at (RFC 8314 §4.1).',
  ),
  'listen.pop3': setting(
    listen({ unix: false }),
    [{ type: 'tcp', host: '127.0.0.1', port: 1110 }],
    'Where POP3 clients call; TLS by STLS. The registered port is 110.',
  ),
  'listen.pop3s': setting(
    listen({ unix: false }),
    [{ type: 'tcp', host: '127.0.0.1', port: 1995 }],
    'Where POP3 clients call with TLS from the first octet. The registered port is 995.',
  ),
  'listen.smtp': setting(
    listen({ unix: false }),
    [{ type: 'tcp', host: '127.0.0.1', port: 1025 }],
    'Where mail comes in by SMTP; TLS by STARTTLS. Mail is taken for the domains and addresses served here, and relayed nowhere. The registered port is 25.',
  ),
  'listen.lmtp': setting(
    listen({ unix: true }),
    [{ type: 'tcp', host: '127.0.0.1', port: 1024 }],
    'Where mail comes in by LMTP. Whoever reaches it can deliver: keep it on loopback or a unix socket. Never port 25 (RFC 2033 §5).',
  ),
  'listen.metrics': setting(
    listen({ unix: false }),
    [],
    'Where machines ask over HTTP how the office is: `/metrics` for Prometheus, `/healthz` and `/readyz`. Whoever reaches it is answered: keep it on loopback, such as `"127.0.0.1:9110"`.',
  ),
  'proxy.trusted': setting(
    proxies(),
    [],
    'The proxies before the office, which say whose connection they bring by the PROXY protocol, version 1 or 2: their addresses and networks, and `unix` for whoever comes by a unix socket. A connection from there has to begin with that header, before TLS too, and is closed without; from anywhere else no header is looked for. Whoever is named here may say that he is anybody.',
  ),
  'proxy.listeners': setting(
    choices('pop3', 'pop3s', 'smtp', 'lmtp'),
    ['pop3', 'pop3s', 'smtp', 'lmtp'],
    'Which of `listen.pop3`, `listen.pop3s`, `listen.smtp` and `listen.lmtp` the proxies of `proxy.trusted` stand before. At the others no header is looked for, whoever calls.',
  ),
  'smtp.connections': setting(count(1, 1_000_000), 1000, 'SMTP connections open at once.'),
  'smtp.connections_per_address': setting(
    count(1, 1_000_000),
    100,
    'SMTP connections open at once from one address. Loopback is exempt (`limits.loopback_exempt`).',
  ),
  'smtp.bare_newlines': setting(
    choice('refuse', 'normalise'),
    'refuse',
    'What becomes of a letter in which a CR or an LF stands alone: it is refused (550), or each of them is made a CRLF. Either way only CRLF . CRLF ends a letter, so that none can be smuggled in. Goes for LMTP too, whose peer passes on what others sent it.',
  ),
  'lmtp.connections': setting(count(1, 1_000_000), 1000, 'LMTP connections open at once.'),
  'lmtp.socket_mode': setting(
    permissions(),
    0o660,
    'Permissions of the unix sockets in `listen.lmtp`: who may write to one can deliver.',
  ),
  'lmtp.socket_group': optional(
    group(),
    "the office's own group",
    'The group of the unix sockets in `listen.lmtp`, that of the mail server which delivers: `postfix`, say. Unless the office runs as root, it has to be a member of that group.',
  ),
  'tls.cert': optional(
    path(),
    'self-signed, DATA/tls/cert.pem',
    'The certificate, and behind it those of its authorities, PEM. Goes with `tls.key`. Both are read anew when they change, and on SIGHUP.',
  ),
  'tls.key': optional(
    path(),
    'self-signed, DATA/tls/key.pem',
    "The certificate's private key, PEM, without a passphrase. Goes with `tls.cert`.",
  ),
  'tls.also': setting(
    pairs('tls.also'),
    [],
    'Further certificates with their keys. A client that says which name it calls (SNI) gets the one that has the name; any other client, and one for whose name there is none, gets `tls.cert`.',
  ),
  'tls.unknown_name': setting(
    choice('default', 'refuse'),
    'default',
    'What a client gets that calls by a name which no certificate has: `default` is `tls.cert`, and the client decides whether it believes it; `refuse` ends the handshake with the alert unrecognized_name (RFC 9325 §3.7).',
  ),
  'tls.minimum_version': setting(
    choice('1.2', '1.3'),
    '1.2',
    'The oldest version of TLS that is spoken. What is older than 1.2 is not spoken at all (RFC 8997).',
  ),
  'limits.letter_size': setting(
    octets(64 * 1024, MAX_OCTETS),
    160 * 2 ** 20,
    'The largest letter that is taken (RFC 1870).',
  ),
  'limits.recipients': setting(
    count(100, 100_000),
    1000,
    'Recipients of one letter (RFC 5321 §4.5.3.1.8: at least 100).',
  ),
  'limits.sessions': setting(count(1, 1_000_000), 10_000, 'POP3 connections open at once.'),
  'limits.sessions_per_address': setting(
    count(1, 1_000_000),
    50,
    'POP3 connections open at once from one address. Loopback is exempt (`limits.loopback_exempt`).',
  ),
  'limits.sessions_per_account': setting(
    count(1, 1_000_000),
    50,
    'POP3 sessions that one account may have open at once; one more is told [IN-USE]. `restante account policy` gives an account a number of its own.',
  ),
  'limits.unauthenticated': setting(
    count(1, 1_000_000),
    1000,
    'POP3 connections open at once that have not logged in; beyond it the oldest of them is closed.',
  ),
  'limits.failed_logins': setting(count(1, 1000), 3, 'Failed logins on one connection, after which it is closed.'),
  'limits.login_failure_delay': setting(
    duration(0, MINUTE),
    2000,
    'How long the answer to a failed login is held back.',
  ),
  'limits.loopback_exempt': setting(
    yesOrNo(),
    true,
    'Whether who calls from this machine by POP3 or SMTP is exempt from `limits.sessions_per_address`, `smtp.connections_per_address`, `limits.login_failure_delay` and what guessing costs (`guessing.*`). `false` where a relay on this machine brings strangers in.',
  ),
  'limits.idle': setting(
    duration(10 * MINUTE, DAY, 'RFC 1939 §3 asks for at least 10 minutes'),
    10 * MINUTE,
    'How long a POP3 client may be silent before it is logged out, and its letters left as they were.',
  ),
  'limits.login_queue': setting(
    count(1, 100_000),
    256,
    'Logins that wait for their password to be checked; beyond it the answer is -ERR [SYS/TEMP].',
  ),
  'guessing.address': setting(
    count(0, 1_000_000),
    8,
    'Recent wrong passwords from one address (of IPv6, one /64) from which the answer to its next logins is delayed: by a second, and twice as long with each quarter more. At four times as many, passwords are not looked at and the answer is -ERR [SYS/TEMP]. 0 turns it off. Nobody mistypes more often before looking at the keyboard.',
  ),
  'guessing.network': setting(
    count(0, 1_000_000),
    64,
    'The same for one network: an IPv4 /24, or an IPv6 /48. An office or a provider has dozens of people in one, of whom a few mistype.',
  ),
  'guessing.account': setting(
    count(0, 1_000_000),
    12,
    "The same for one name, whether it is anybody's or not, from wherever; but not where its owner logged in well lately. It leaves guessers some 33 guesses an hour, however many addresses they have.",
  ),
  'guessing.delay': setting(
    duration(0, MINUTE),
    15_000,
    'The longest delay. Clients wait for an answer for 30 seconds or more.',
  ),
  'guessing.half_life': setting(
    duration(MINUTE, 30 * DAY),
    HOUR,
    'When a wrong password counts half: whoever is held off in the morning is let in again by noon.',
  ),
  'guessing.exempt': setting(
    networks(),
    [],
    'Addresses and networks whose wrong passwords cost nothing: webmail, say, that brings everybody in by one address. This machine is among them unless `limits.loopback_exempt` says otherwise.',
  ),
  'limits.reserve': setting(
    octets(0, MAX_OCTETS),
    64 * 2 ** 20,
    'Free disk below which no mail is taken (452), so that owners can still read and delete.',
  ),
  'quota.octets': optional(
    octets(64 * 1024, MAX_OCTETS),
    'no limit',
    'How much mail a mailbox may hold, trace fields included. `restante account quota` gives an account a quota of its own.',
  ),
  'quota.letters': optional(count(1, 1_000_000_000), 'no limit', 'How many letters a mailbox may hold.'),
  'quota.grace': setting(
    count(0, 100),
    10,
    'By how much the last letter may go over the octets of a quota, in percent of it: a mailbox that is below its quota takes a letter that goes over it by no more, so that no mail waits for the last few octets.',
  ),
  'quota.over': setting(
    choice('later', 'never'),
    'later',
    'What the sender is told of a mailbox that is full: `later` is 452 4.2.2, so that its mail server comes again for some days; `never` is 552 5.2.2, and the letter goes back at once.',
  ),
  'quota.warn': setting(
    percentages(1, 100),
    [80, 95],
    'How full a mailbox is, in percent of its quota, when its owner is written a letter about it: once each, until it is emptier than that again. `[]` for no letters.',
  ),
  'undelete.window': setting(
    duration(0, 3650 * DAY),
    7 * DAY,
    'How long a deleted letter can be brought back (`restante undelete`) before its octets are destroyed; no more octets of each mailbox than its quota.',
  ),
  'maildrop.lock': setting(
    choice('snapshot', 'exclusive'),
    'snapshot',
    'Whether sessions on one mailbox disturb each other: with `snapshot` each sees it as it was at its login, and none waits; with `exclusive` there is one at a time, and others are told [IN-USE] (RFC 1939 §4). An account may have its own.',
  ),
  'maildrop.lock_wait': setting(
    duration(0, 30_000),
    2000,
    'How long a login waits for a mailbox that another session has (`exclusive`), before it is told [IN-USE].',
  ),
  login_delay: setting(
    duration(0, DAY),
    0,
    'How long after a login the next one of the same account is refused with [LOGIN-DELAY] (RFC 2449 §6.5), in whole seconds. An account may have its own.',
  ),
  expire: setting(
    days(36_500),
    null,
    'Days after its arrival that a letter is removed, as if its owner had deleted it; CAPA announces it (EXPIRE, RFC 2449 §6.7). With 0 what was fetched leaves when its session ends with QUIT, and nothing else is removed. An account may have its own.',
  ),
  expire_fetched: setting(
    days(36_500),
    null,
    'Days after a session first fetched it whole, and ended with QUIT, that a letter is removed; with 0 at that QUIT. What CAPA announces is the smaller of this and `expire`. An account may have its own.',
  ),
  'ledger.keep': setting(
    duration(0, 3650 * DAY),
    365 * DAY,
    'How long is kept which session fetched and deleted which letters (`restante sessions`, `restante letter`).',
  ),
  'log.level': setting(
    choice('debug', 'info', 'warn', 'error', 'silent'),
    'info',
    'What is logged on stderr. One line for each session and delivery is `info`.',
  ),
  'log.format': setting(
    choice('auto', 'json', 'text'),
    'auto',
    '`json` is one object a line; `text` is for people; `auto` is `text` on a terminal and `json` elsewhere.',
  ),
  ...COLLECT,
} satisfies Rows;

/** A dotted key of the configuration. */
export type SettingKey = keyof typeof SETTINGS;

/** Tables that have a name of their own each, by the key that stands before it. */
export const NAMED_TABLES = {
  'collect.account': COLLECT_ACCOUNTS,
} satisfies Readonly<Record<string, { readonly rows: Rows }>>;

/** `collect.account`: what stands before the name of a table. */
export type NamedTableKey = keyof typeof NAMED_TABLES;

/** The configuration in force. Tables with names are in the order of the file. */
export type Settings = ValuesOf<typeof SETTINGS> & {
  readonly [K in NamedTableKey]: ReadonlyMap<string, ValuesOf<(typeof NAMED_TABLES)[K]['rows']>>;
};
