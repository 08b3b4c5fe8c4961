/**
 * A letter that the office writes itself, as it will lie in the maildrop.
 * @module
 */
import { date } from '../../delivery/trace-fields.ts';

/** What a letter of the office says. */
export interface Notice {
  /** One line. */
  readonly subject: string;
  /** Plain text, its lines ended by LF and meant to be read as they are: no longer than 72 characters or so. */
  readonly text: string;
}

/** What else stands in it. */
export interface NoticeCircumstances {
  /** NAME of the account that it is for. */
  readonly account: string;
  /** Where postmaster and that account have addresses, so that an answer arrives. */
  readonly domain: string;
  /** Our own name. */
  readonly hostname: string;
  /** Random: the letter's own. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The letter in canonical form, and the trace fields above it. */
export interface WrittenNotice {
  readonly trace: Buffer;
  readonly letter: Buffer;
}

/**
 * From postmaster, to the owner. `Auto-Submitted` keeps programs from answering it (RFC 3834 §5), and so does the null
 * reverse-path; neither keeps the owner from it.
 */
export function writeNotice({ subject, text }: Notice, circumstances: NoticeCircumstances): WrittenNotice {
  const { account, domain, hostname, id, at } = circumstances;
  const to = `${account}@${domain}`;
  const body = printable(text).replace(/\n*$/, '\n').replaceAll('\n', '\r\n');
  const ascii = isAscii(body);
  const fields = [
    `From: ${encoded(`Post office ${hostname}`)} <postmaster@${domain}>`,
    `To: ${to}`,
    `Subject: ${encoded(printable(subject).replaceAll('\n', ' '))}`,
    `Date: ${date(at)}`,
    `Message-ID: <${id}@${hostname}>`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    `Content-Type: text/plain; charset=${ascii ? 'us-ascii' : 'utf-8'}`,
    `Content-Transfer-Encoding: ${ascii ? '7bit' : 'base64'}`,
  ];
  const lines = ascii ? body : base64Lines(body);
  const trace = `Return-Path: <>\r\nDelivered-To: ${to}\r\nReceived: by ${hostname} (Restante) id ${id}\r\n\tfor <${to}>; ${date(at)}\r\n`;
  return { trace: Buffer.from(trace), letter: Buffer.from(`${fields.join('\r\n')}\r\n\r\n${lines}`) };
}

/** What came from a peer into the text (an address, a label) neither ends a line nor draws on a terminal. */
function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n]/gu, '?');
}

/** As a header field may have it (RFC 2047): words of at most 45 octets, so that each encoded one has at most 75 characters. */
function encoded(text: string): string {
  if (isAscii(text) && text.length <= LINE) return text;
  const words: string[] = [];
  let word = '';
  for (const character of text) {
    if (Buffer.byteLength(word + character) > 45) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  return [...words, word].map((part) => `=?utf-8?B?${Buffer.from(part).toString('base64')}?=`).join('\r\n ');
}

/** Far below the 998 octets that a line may have (RFC 5322 §2.1.1), whatever field it stands in. */
const LINE = 200;

/** Lines of 76 characters (RFC 2045 §6.8). */
function base64Lines(text: string): string {
  return Buffer.from(text)
    .toString('base64')
    .replace(/.{1,76}/g, '$&\r\n');
}

/** Whether it goes as it is: ASCII, in lines of no more than {@link LINE}. */
function isAscii(text: string): boolean {
  return /^[\n\r -~]*$/.test(text) && text.split('\r\n').every((line) => line.length <= LINE);
}
