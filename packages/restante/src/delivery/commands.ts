/**
 * The one table of delivery commands (RFC 5321 §4.1.1, RFC 2033 §4.1, RFC 3030 §2, RFC 3207 §4): the gate, HELP,
 * documentation and tests read it.
 * @module
 */
import type { Protocol } from './protocol.ts';

/**
 * Where a session stands (RFC 5321 §4.1.4):
 *
 * - `GREETED`: no hello yet
 * - `READY`: hello said, no transaction
 * - `MAIL`: a transaction without an accepted recipient
 * - `RCPT`: a transaction with at least one
 * - `CHUNKS`: the first of a letter's chunks has come, and not the last
 * - `FAILED`: one of its chunks was refused, so the transaction has to be given up (RFC 3030 §2)
 */
export type State = 'GREETED' | 'READY' | 'MAIL' | 'RCPT' | 'CHUNKS' | 'FAILED';

export type Keyword =
  | ('EHLO' | 'HELO' | 'LHLO' | 'STARTTLS')
  | ('MAIL' | 'RCPT' | 'DATA' | 'BDAT' | 'RSET')
  | ('NOOP' | 'VRFY' | 'HELP' | 'QUIT');

export interface CommandRow {
  /** Which protocol alone has it; both, when left out. */
  readonly protocol?: Protocol['name'];
  /** Where the command is legal; elsewhere it is answered 503 and changes nothing (SM-03). */
  readonly states: readonly State[];
  readonly argument: 'none' | 'optional' | 'required';
  /** What stands behind the keyword, for people. */
  readonly syntax: string;
  readonly rfc: string;
}

const ANYWHERE: readonly State[] = ['GREETED', 'READY', 'MAIL', 'RCPT', 'CHUNKS', 'FAILED'];

export const COMMANDS: Readonly<Record<Keyword, CommandRow>> = {
  EHLO: { protocol: 'SMTP', states: ANYWHERE, argument: 'required', syntax: ' host', rfc: 'RFC 5321 §4.1.1.1' },
  HELO: { protocol: 'SMTP', states: ANYWHERE, argument: 'required', syntax: ' host', rfc: 'RFC 5321 §4.1.1.1' },
  LHLO: { protocol: 'LMTP', states: ANYWHERE, argument: 'required', syntax: ' host', rfc: 'RFC 2033 §4.1' },
  STARTTLS: { states: ANYWHERE, argument: 'none', syntax: '', rfc: 'RFC 3207 §4' },
  MAIL: {
    states: ['READY'],
    argument: 'required',
    syntax: ' FROM:<address> [SIZE=octets] [BODY=7BIT|8BITMIME]',
    rfc: 'RFC 5321 §4.1.1.2',
  },
  RCPT: {
    states: ['MAIL', 'RCPT'],
    argument: 'required',
    syntax: ' TO:<address>',
    rfc: 'RFC 5321 §4.1.1.3',
  },
  DATA: { states: ['RCPT'], argument: 'none', syntax: '', rfc: 'RFC 5321 §4.1.1.4, RFC 2033 §4.2' },
  BDAT: {
    states: ['RCPT', 'CHUNKS'],
    argument: 'required',
    syntax: ' octets [LAST]',
    rfc: 'RFC 3030 §2, RFC 2033 §4.3',
  },
  RSET: { states: ANYWHERE, argument: 'none', syntax: '', rfc: 'RFC 5321 §4.1.1.5' },
  NOOP: { states: ANYWHERE, argument: 'optional', syntax: ' [text]', rfc: 'RFC 5321 §4.1.1.9' },
  VRFY: { states: ANYWHERE, argument: 'required', syntax: ' text', rfc: 'RFC 5321 §4.1.1.6' },
  HELP: { states: ANYWHERE, argument: 'optional', syntax: ' [text]', rfc: 'RFC 5321 §4.1.1.8' },
  QUIT: { states: ANYWHERE, argument: 'none', syntax: '', rfc: 'RFC 5321 §4.1.1.10' },
};

/** A command line, taken apart. */
export interface Command {
  readonly keyword: Keyword;
  /** What stands behind the keyword and its one space, less white space at the end; absent when there is nothing. */
  readonly argument?: string;
}

/**
 * Takes a line (without its CRLF) apart; the keyword's case does not matter (SM-10), and white space at the end is
 * let pass (RFC 5321 §4.1.1). Answers the word as it stood, in upper case, when it is no command of the table.
 */
export function parseCommand(line: string): Command | { readonly unknown: string } {
  const text = trimEnd(line);
  const space = text.indexOf(' ');
  const word = (space === -1 ? text : text.slice(0, space)).toUpperCase();
  if (!Object.hasOwn(COMMANDS, word)) return { unknown: word };
  const keyword = word as Keyword;
  return space === -1 ? { keyword } : { keyword, argument: text.slice(space + 1) };
}

/** Without spaces and tabs at the end: by hand, since `trimEnd` would take NO-BREAK SPACE (0xA0) too. */
function trimEnd(line: string): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end -= 1;
  return line.slice(0, end);
}
