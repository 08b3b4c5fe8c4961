/**
 * What answers a command:
 *
 * - `line`: a status line
 * - `lines`: behind +OK come lines, un-stuffed one by one (LIST, UIDL, CAPA, LANG)
 * - `letter`: behind +OK come octets, un-stuffed as they are (RETR, TOP)
 * - `challenges`: `+ …` lines that are answered, then a status line (AUTH)
 * - `switch`: behind +OK the connection speaks another protocol (STLS)
 */
export type ReplyForm = 'line' | 'lines' | 'letter' | 'challenges' | 'switch';

/** A command on its way to a server. */
export interface Request {
  /** The command line, without its CRLF. */
  readonly line: string;
  /** The same as it may be seen by people: no password, no token. */
  readonly shown: string;
  readonly reply: ReplyForm;
  /** Whether it may be sent before the commands in front of it are answered, where the server offers PIPELINING. */
  readonly pipelined: boolean;
  /** The most that its multi-line response may hold: octets of a letter, un-stuffed, or lines. */
  readonly limit: number;
  /** Whether the lines of a listing are wanted as they come together, and not one by one. */
  readonly inBlocks?: boolean;
}

interface Row {
  readonly reply: ReplyForm;
  /** With an argument the answer is a status line. */
  readonly single?: true;
  readonly pipelined?: true;
  /** The argument is a secret from this word on (0: from the first). */
  readonly secret?: number;
}

/**
 * Every command that a client sends. Those before login, and those that change what the session is, wait for the answer
 * to what stands before them: nothing is ever sent past STLS or AUTH (EXT-24), and nothing but behind RSET or QUIT what
 * was answered before.
 */
const ROWS = {
  USER: { reply: 'line' },
  PASS: { reply: 'line', secret: 0 },
  APOP: { reply: 'line', secret: 1 },
  AUTH: { reply: 'challenges', secret: 1 },
  STLS: { reply: 'switch' },
  UTF8: { reply: 'line' },
  CAPA: { reply: 'lines', pipelined: true },
  LANG: { reply: 'lines', single: true, pipelined: true },
  STAT: { reply: 'line', pipelined: true },
  LIST: { reply: 'lines', single: true, pipelined: true },
  UIDL: { reply: 'lines', single: true, pipelined: true },
  RETR: { reply: 'letter', pipelined: true },
  TOP: { reply: 'letter', pipelined: true },
  DELE: { reply: 'line', pipelined: true },
  NOOP: { reply: 'line', pipelined: true },
  RSET: { reply: 'line' },
  QUIT: { reply: 'line' },
} as const satisfies Readonly<Record<string, Row>>;

export type ClientKeyword = keyof typeof ROWS;

/** A command's longest line with its CRLF (RFC 2449 §4). */
const COMMAND = 255;
/** Whatever would end a line early, or a C string at the other end. */
const FORBIDDEN = /[\r\n\0]/;

/**
 * A command as a client sends it. Throws a RangeError when its argument has a CR, LF or NUL in it, by which it would be
 * two commands, or the line is above 255 octets (EXT-10). The message does not show the argument.
 */
export function request(keyword: ClientKeyword, argument?: string, limit = Number.POSITIVE_INFINITY): Request {
  const row: Row = ROWS[keyword];
  if (argument !== undefined && FORBIDDEN.test(argument)) {
    throw new RangeError(`what stands behind ${keyword} must not have a CR, LF or NUL in it`);
  }
  const line = argument === undefined ? keyword : `${keyword} ${argument}`;
  const octets = Buffer.byteLength(line) + 2;
  if (octets > COMMAND) {
    throw new RangeError(`${keyword} would have ${octets} octets, and no command may have more than ${COMMAND}`);
  }
  return {
    line,
    shown: argument === undefined || row.secret === undefined ? line : masked(keyword, argument, row.secret),
    reply: argument !== undefined && row.single ? 'line' : row.reply,
    pipelined: row.pipelined ?? false,
    limit,
  };
}

function masked(keyword: string, argument: string, from: number): string {
  const words = from === 0 ? [argument] : argument.split(' ');
  return [keyword, ...words.map((word, index) => (index < from ? word : '[secret]'))].join(' ');
}
