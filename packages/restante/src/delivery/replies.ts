/**
 * The one place that writes replies (RFC 5321 §4.2): CRLF at the end, ASCII only, and an enhanced status code on each
 * line (SM-40) but those of the greeting, the hello and 354. No reply holds text of the peer's.
 * @module
 */
import { COMMANDS, type Keyword, type State } from './commands.ts';
import type { Outcome, Refusal } from './outcome.ts';
import type { MailFault, RcptFault } from './path.ts';
import type { Protocol } from './protocol.ts';

/** Class, subject and detail (RFC 3463); `write` checks that the class is the reply code's. */
type Status = `${2 | 4 | 5}.${number}.${number}`;

function write(code: number, status: Status, ...texts: readonly string[]): string {
  if (Number(status[0]) !== Math.floor(code / 100)) throw new TypeError(`status ${status} in a ${code} reply`);
  return lines(
    code,
    texts.map((text) => `${status} ${text}`),
  );
}

function lines(code: number, texts: readonly string[]): string {
  return texts.map((text, index) => `${code}${index === texts.length - 1 ? ' ' : '-'}${text}\r\n`).join('');
}

export function greeting(hostname: string, { hello, with: by }: Protocol): string {
  return lines(220, [`${hostname} ${by[hello]?.clear} ready`]);
}

/** What depends on settings, and on the protocol. */
export interface Offers {
  readonly size: number;
  readonly startTls: boolean;
  readonly bareCr?: boolean;
}

/** The answer to EHLO and LHLO: our name and the extensions that we speak (LM-07, SM-02). */
export function hello(hostname: string, offers: Offers): string {
  const extensions = ['PIPELINING', 'ENHANCEDSTATUSCODES', '8BITMIME', 'CHUNKING', `SIZE ${offers.size}`];
  if (offers.bareCr) extensions.push('XBARECR');
  return lines(250, [hostname, ...extensions, ...(offers.startTls ? ['STARTTLS'] : [])]);
}

/** The answer to HELO, which knows no extensions. */
export function plainHello(hostname: string): string {
  return lines(250, [hostname]);
}

export const SENDER_OK = write(250, '2.1.0', 'sender ok');
export const RECIPIENT_OK = write(250, '2.1.5', 'recipient ok');
export const GO_AHEAD = lines(354, ['go ahead, end with a line that holds one dot']);
export const CHUNK_OK = write(250, '2.0.0', 'chunk taken');
export const BEGIN_TLS = write(220, '2.0.0', 'begin TLS');
export const RESET_OK = write(250, '2.0.0', 'ok');
export const NOOP_OK = write(250, '2.0.0', 'ok');
export const BYE = write(221, '2.0.0', 'bye');
/** VRFY tells nothing: who lives here is nobody's business (RFC 5321 §7.3). */
export const CANNOT_VERIFY = write(252, '2.5.2', 'not told here; send the letter');

export function help({ name, replies }: Protocol): string {
  const rows = Object.entries(COMMANDS).filter(([, { protocol = name }]) => protocol === name);
  const syntax = rows.map(([keyword, row]) => `${keyword}${row.syntax}`);
  const closing = replies === 'one' ? 'for all recipients together' : 'for each accepted recipient';
  return write(214, '2.0.0', ...syntax, `a letter gets one reply ${closing}`);
}

export const UNKNOWN_COMMAND = write(500, '5.5.1', 'no such command');

/** The answer to a command that only the other protocol has (LM-02). */
export function notSpoken({ name, hello }: Protocol): string {
  return write(500, '5.5.1', `this is ${name}: say ${hello}`);
}

export const ALREADY_SECURE = write(503, '5.5.1', 'this is inside TLS already');
export const NO_CERTIFICATE = write(502, '5.5.1', 'there is no certificate here');
export const LINE_TOO_LONG = write(500, '5.5.2', 'line too long');
export const BARE_LINE_END = write(500, '5.5.2', 'lines end with CR LF, and have neither inside');
export const TOO_MANY_RECIPIENTS = write(452, '4.5.3', 'too many recipients in one transaction');
export const LETTER_TOO_LARGE = write(552, '5.3.4', 'larger than any letter that is taken here');
export const NO_ROOM = write(452, '4.3.1', 'no room for it now');

export const TOO_MANY_ERRORS = write(421, '4.7.0', 'too many errors, closing');
/** A page that makes a browser post to this port must not deliver mail (RFC 5321 §7.8). */
export const NOT_HTTP = write(421, '4.7.0', 'this is not a web server, closing');
export const IDLE_TOO_LONG = write(421, '4.4.2', 'nothing heard for too long, closing');
export const SHUTTING_DOWN = write(421, '4.3.2', 'closing for now, come again');
export const TOO_MANY_CONNECTIONS = write(421, '4.7.0', 'too many connections, come again');

const EACH_KEYWORD = Object.keys(COMMANDS) as readonly Keyword[];

function forEachKeyword(reply: (keyword: Keyword) => string): Readonly<Record<Keyword, string>> {
  return Object.fromEntries(EACH_KEYWORD.map((keyword) => [keyword, reply(keyword)])) as Record<Keyword, string>;
}

/** The argument is missing, or there is one where none belongs, or it has another form (SM-05). */
export const WRONG_ARGUMENT = forEachKeyword((keyword) =>
  write(501, '5.5.4', `it is: ${keyword}${COMMANDS[keyword].syntax}`),
);

/** The command stands in the wrong place; the session stays as it was (SM-03). */
export function outOfOrder(keyword: Keyword, state: State, { name, hello }: Protocol): string {
  if (state === 'GREETED') return write(503, '5.5.1', `say ${hello} first`);
  if (state === 'READY') return MAIL_FIRST;
  if (state === 'FAILED') return LETTER_FAILED;
  if (keyword === 'MAIL') return ONE_AT_A_TIME;
  if (state === 'CHUNKS') return MORE_CHUNKS;
  return keyword === 'DATA' && name === 'SMTP' ? NO_VALID_RECIPIENT : NO_RECIPIENT;
}

const MAIL_FIRST = write(503, '5.5.1', 'MAIL comes first');
const ONE_AT_A_TIME = write(503, '5.5.1', 'one letter at a time; RSET drops the one that was begun');
const MORE_CHUNKS = write(503, '5.5.1', 'the letter comes in chunks: BDAT goes on with it, RSET drops it');
const LETTER_FAILED = write(503, '5.5.1', 'the letter was refused: RSET');
/** LM-03. */
const NO_RECIPIENT = write(503, '5.5.1', 'no recipient was accepted');
/** SM-42: what RFC 5321 §3.3 has for whoever sent DATA along before the refusals came. */
const NO_VALID_RECIPIENT = write(554, '5.5.1', 'no valid recipients');

/** What is wrong with the argument of MAIL or RCPT. */
export const PATH_FAULTS: {
  readonly MAIL: Readonly<Record<MailFault, string>>;
  readonly RCPT: Readonly<Record<RcptFault, string>>;
} = {
  MAIL: {
    form: write(501, '5.5.4', `it is: MAIL${COMMANDS.MAIL.syntax}`),
    address: write(501, '5.1.7', 'that is no address'),
    'non-ascii': write(550, '5.6.7', 'addresses are ASCII here'),
    value: write(501, '5.5.4', 'SIZE takes 1 to 20 digits, BODY takes 7BIT or 8BITMIME, each once'),
    parameter: write(555, '5.5.4', 'unknown parameter'),
  },
  RCPT: {
    form: write(501, '5.5.4', `it is: RCPT${COMMANDS.RCPT.syntax}`),
    address: write(501, '5.1.3', 'that is no address'),
    'non-ascii': write(553, '5.6.7', 'addresses are ASCII here'),
    parameter: write(555, '5.5.4', 'unknown parameter'),
  },
};

/** Why a recipient is not taken (SM-09, SM-11, SM-36). */
export const RECIPIENT_REFUSED = {
  'unknown-user': write(550, '5.1.1', 'no such mailbox'),
  'not-served': write(550, '5.7.1', 'mail for that domain is not taken here'),
  disabled: write(550, '5.2.1', 'that mailbox is disabled'),
  unavailable: write(451, '4.3.0', 'cannot look that up now'),
} as const;

/**
 * Why the letter was not placed. Damage of our own (`permanent`) is answered as temporary, so that the letter stays
 * safe with the sender until an operator has mended it: a 5xx would bounce it.
 */
const LETTER_REFUSED: Readonly<Record<Exclude<Refusal, 'over-quota'>, string>> = {
  temporary: write(451, '4.3.0', 'cannot keep it now'),
  permanent: write(451, '4.3.0', 'cannot keep it now'),
  'no-room': NO_ROOM,
  'too-large': LETTER_TOO_LARGE,
  'exceeds-maildrop': write(552, '5.2.3', 'larger than that mailbox may ever hold'),
  'no-maildrop': RECIPIENT_REFUSED['unknown-user'],
  'in-use': write(450, '4.2.1', 'that mailbox is held by somebody'),
  'too-soon': write(450, '4.2.1', 'that mailbox takes it later'),
  'bare-line-end': write(550, '5.5.2', 'a CR or LF stands alone in the letter'),
  nul: write(554, '5.6.0', 'a NUL stands in the letter'),
  hops: write(554, '5.4.6', 'too many Received fields: the letter goes round in a loop'),
  loop: write(554, '5.4.6', 'that mailbox has had this letter before: it goes round in a loop'),
};

/** What the sender is told of a mailbox that is full (SM-35): to come again, or never. */
export type OverQuota = 'later' | 'never';

const OVER_QUOTA: Readonly<Record<OverQuota, string>> = {
  later: write(452, '4.2.2', 'that mailbox is full'),
  never: write(552, '5.2.2', 'that mailbox is full'),
};

/** The answer to a letter, for one recipient (LM-04) or all of them; or to RCPT, when the letter could not be placed. */
export function answer(outcome: Outcome, overQuota: OverQuota = 'later'): string {
  if (outcome.type === 'refused') {
    return outcome.why === 'over-quota' ? OVER_QUOTA[overQuota] : LETTER_REFUSED[outcome.why];
  }
  // A mailbox that several recipients lead to has it once.
  const [first, ...others] = new Set(outcome.placed.map(({ uniqueId }) => uniqueId));
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return write(250, '2.0.0', `kept as ${first}${more}`);
}
