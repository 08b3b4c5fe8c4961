/** The codes this server sends, all of them registered (RFC 2449 §8, RFC 3206; IANA-02). */
export type ResponseCode = 'AUTH' | 'IN-USE' | 'LOGIN-DELAY' | 'SYS/TEMP' | 'SYS/PERM';

/** The longest first line of a response, CRLF included (RFC 1939 §3, P3-06). */
const FIRST_LINE = 512;

const PLAIN = /^[\x20-\x5a\x5c-\x7e][\x20-\x7e]*$/;

/** `+OK ` and text: never bare, since some clients need the space (OBS-01). */
export function ok(text: string): string {
  return line('+OK ', text);
}

/** `-ERR `, a response code where there is one, and text (EXT-15). */
export function err(text: string, code?: ResponseCode): string {
  return line(code === undefined ? '-ERR ' : `-ERR [${code}] `, text);
}

/** The lines behind a multi-line response's first one, stuffed, with the terminator (RFC 1939 §3, P3-13). */
export function multiline(lines: readonly string[]): string {
  let text = '';
  for (const each of lines) text += each.startsWith('.') ? `.${each}\r\n` : `${each}\r\n`;
  return `${text}.\r\n`;
}

function line(status: string, text: string): string {
  return `${status}${PLAIN.test(text) ? text : tamed(text)}`.slice(0, FIRST_LINE - 2).concat('\r\n');
}

/**
 * Printable ASCII only (EXT-33), and nothing that looks like a response code: RESP-CODES promises that what begins with
 * `[` is one (EXT-14).
 */
function tamed(text: string): string {
  const printable = text.replace(/[^\x20-\x7e]/g, '?');
  return printable.startsWith('[') ? `- ${printable}` : printable;
}
