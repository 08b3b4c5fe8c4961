/**
 * The one table of delivery commands (RFC 5321 §4.1.1, RFC 2033 §4.1): the gate, HELP, documentation and tests read it.
 * @module
 */

/**
 * Where a session stands (RFC 5321 §4.1.4):
 *
 * - `GREETED`: no hello yet
 * - `READY`: hello said, no transaction
 * - `MAIL`: a transaction without an accepted recipient
 * - `RCPT`: a transaction with at least one
 */
export type State = 'GREETED' | 'READY' | 'MAIL' | 'RCPT';

export type Keyword = 'LHLO' | 'MAIL' | 'RCPT' | 'DATA' | 'RSET' | 'NOOP' | 'VRFY' | 'HELP' | 'QUIT';

export interface CommandRow {
  /** Where the command is legal; elsewhere it is answered 503 and changes nothing (SM-03). */
  readonly states: readonly State[];
  readonly argument: 'none' | 'optional' | 'required';
  /** What stands behind the keyword, for people. */
  readonly syntax: string;
  readonly rfc: string;
}

const ANYWHERE: readonly State[] = ['GREETED', 'READY', 'MAIL', 'RCPT'];

export const COMMANDS: Readonly<Record<Keyword, CommandRow>> = {
  LHLO: { states: ANYWHERE, argument: 'required', syntax: ' host', rfc: 'RFC 2033 §4.1' },
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
