/**
 * Reverse-path and forward-path, and the parameters behind them (RFC 5321 §4.1.1.2, §4.1.1.3, §4.1.2).
 * @module
 */

/** An address from an envelope. */
export interface Path {
  /** As it was given, without brackets and source route; empty for the null reverse-path `<>`. */
  readonly text: string;
  /** The local-part, without quotes and back-slashes, its case kept (SM-10). */
  readonly local: string;
  /** Domain or address literal as given; empty for a bare local-part. */
  readonly domain: string;
}

/** What MAIL may say beside the reverse-path. */
export interface MailParameters {
  /** RFC 1870: an estimate in octets. */
  readonly size?: number;
  /** RFC 6152. */
  readonly body?: '7BIT' | '8BITMIME';
  /** XBARECR: a CR that stands alone belongs to the letter. */
  readonly bareCr?: true;
}

/**
 * What is wrong with an argument:
 *
 * - `form`: not `FROM:` or `TO:` with a path in brackets behind it (SM-04)
 * - `address`: what stands between the brackets is no address, or is longer than {@link PATH_BOUNDS}
 * - `non-ascii`: it would be one with SMTPUTF8 alone, which is not spoken here (SM-46)
 * - `value`: a parameter given twice, or with a value that it does not take
 * - `parameter`: a parameter that nobody here knows (SM-05)
 */
export type MailFault = 'form' | 'address' | 'non-ascii' | 'value' | 'parameter';
export type RcptFault = Exclude<MailFault, 'value'>;

/**
 * Octets. RFC 5321 §4.5.3.1 asks for 64, 255 and 256 at least, and to have no limit where that can be had: return
 * paths of mailing lists (VERP, SRS) are longer than 64 octets every day, and refusing one bounces a letter.
 */
export const PATH_BOUNDS = { local: 256, domain: 255, path: 1024 } as const;

const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const DOT_STRING = `${ATOM}(?:\\.${ATOM})*`;
const QUOTED_STRING = '"(?:[ !#-\\[\\]-~]|\\\\[ -~])*"';
/** The RFC's Let-dig and hyphens, and the underscore, which stands in the names of hosts that do send mail. */
const LABEL = '[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?';
const DOMAIN = `${LABEL}(?:\\.${LABEL})*`;
const ADDRESS_LITERAL = '\\[[!-Z^-~]+\\]';
const SOURCE_ROUTE = `@${DOMAIN}(?:,@${DOMAIN})*:`;
const PATH = new RegExp(`^(?:${SOURCE_ROUTE})?((${DOT_STRING}|${QUOTED_STRING})(?:@(${DOMAIN}|${ADDRESS_LITERAL}))?)$`);

const NON_ASCII = /[^\0-\x7f]/;

const NULL_PATH: Path = { text: '', local: '', domain: '' };

/** The argument of MAIL. `spaces` lets spaces round the colon pass (SM-04: some old senders write them). */
export function parseMail(argument: string, spaces = false): { path: Path; parameters: MailParameters } | MailFault {
  const parts = takeApart(argument, 'FROM', spaces);
  if (parts === undefined) return 'form';
  const path = parts.path === '' ? NULL_PATH : parsePath(parts.path);
  if (path === undefined) return NON_ASCII.test(parts.path) ? 'non-ascii' : 'address';
  const parameters = parseMailParameters(parts.parameters);
  return typeof parameters === 'string' ? parameters : { path, parameters };
}

/** The argument of RCPT. No extension that gives RCPT a parameter is spoken here. */
export function parseRcpt(argument: string, spaces = false): { path: Path } | RcptFault {
  const parts = takeApart(argument, 'TO', spaces);
  if (parts === undefined) return 'form';
  const path = parsePath(parts.path);
  if (path === undefined) return NON_ASCII.test(parts.path) ? 'non-ascii' : 'address';
  return parts.parameters.length === 0 ? { path } : 'parameter';
}

/** Splits `FROM:<path> parameters`; the path ends at the first `>` that is not inside a quoted string. */
function takeApart(
  argument: string,
  word: 'FROM' | 'TO',
  spaces: boolean,
): { path: string; parameters: readonly string[] } | undefined {
  const opening = (spaces ? OPENING_WITH_SPACES : OPENING)[word].exec(argument);
  if (opening === null) return undefined;
  const start = opening[0].length;
  const end = closingBracket(argument, start);
  if (end === -1) return undefined;
  const rest = argument.slice(end + 1);
  if (rest !== '' && rest[0] !== ' ') return undefined;
  return { path: argument.slice(start, end), parameters: rest.split(' ').filter((part) => part !== '') };
}

const OPENING = { FROM: /^from:</i, TO: /^to:</i };
const OPENING_WITH_SPACES = { FROM: /^from *: *</i, TO: /^to *: *</i };

function closingBracket(text: string, start: number): number {
  const found = /^(?:[^">]|"(?:[^"\\]|\\.)*")*>/.exec(text.slice(start));
  return found === null ? -1 : start + found[0].length - 1;
}

/** What stands between the brackets, a source route stripped (SM-09); `undefined` when it is no address. */
export function parsePath(text: string): Path | undefined {
  if (text.length + 2 > PATH_BOUNDS.path) return undefined;
  const [, mailbox, localPart, domain = ''] = PATH.exec(text) ?? [];
  if (mailbox === undefined || localPart === undefined) return undefined;
  if (localPart.length > PATH_BOUNDS.local || domain.length > PATH_BOUNDS.domain) return undefined;
  const local = localPart[0] === '"' ? localPart.slice(1, -1).replace(/\\(.)/g, '$1') : localPart;
  return { text: mailbox, local, domain };
}

function parseMailParameters(parts: readonly string[]): MailParameters | 'value' | 'parameter' {
  let size: number | undefined;
  let body: '7BIT' | '8BITMIME' | undefined;
  let bareCr: true | undefined;
  for (const part of parts) {
    const equals = part.indexOf('=');
    const keyword = (equals === -1 ? part : part.slice(0, equals)).toUpperCase();
    const value = equals === -1 ? '' : part.slice(equals + 1);
    switch (keyword) {
      case 'SIZE':
        if (size !== undefined || !/^[0-9]{1,20}$/.test(value)) return 'value';
        size = Number(value);
        break;
      case 'BODY': {
        const kind = value.toUpperCase();
        if (body !== undefined || (kind !== '7BIT' && kind !== '8BITMIME')) return 'value';
        body = kind;
        break;
      }
      case 'XBARECR':
        if (bareCr !== undefined || equals !== -1) return 'value';
        bareCr = true;
        break;
      default:
        return 'parameter';
    }
  }
  return {
    ...(bareCr !== undefined && { bareCr }),
    ...(size !== undefined && { size }),
    ...(body !== undefined && { body }),
  };
}
