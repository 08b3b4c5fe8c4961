import { createHash } from 'node:crypto';
import { letterTime } from '../../import/letter-time.ts';

/** Octets of a letter's beginning that are looked at: whoever has at least so many, or the whole header, sees the same. */
export const HEADER_OCTETS = 64 * 1024;

/** What a letter's header says of it, as far as the plan wants to know. */
export interface LetterHeader {
  readonly fingerprint: string;
  /** When the letter came, in milliseconds since 1970: by the last hop's Received field, else its own Date. */
  readonly time: number | undefined;
}

/** Reads a header: `TOP n 0`, or the beginning of the letter. */
export function letterHeader(header: Buffer): LetterHeader {
  return { fingerprint: fingerprintOf(header), time: letterTime(header.subarray(0, HEADER_OCTETS)) };
}

/**
 * Fields that no server changes once the letter is in a maildrop, and that, taken together, no two letters share unless
 * one is a copy of the other that came by the same way at the same time. Each hop adds a Received field; copies for
 * several recipients differ in what the last hop notes of the recipient. Fields that servers add or change later (Status,
 * X-UIDL, X-Keywords, Content-Length…) must not count.
 */
const FIELDS: ReadonlySet<string> = new Set([
  'received',
  'delivered-to',
  'x-original-to',
  'envelope-to',
  'message-id',
  'date',
  'from',
  'to',
  'cc',
  'subject',
  'content-type',
]);

/** A header with one of these was made by mail software: there is hardly another like it. */
const TELLING: ReadonlySet<string> = new Set(['received', 'message-id']);

/** Marks a fingerprint that many a letter could have. */
const WEAK = '~';

/**
 * By what a letter is known again under another unique-id, or where it has none: the same for `TOP n 0` and the letter's
 * beginning (at least {@link HEADER_OCTETS}, or all of it), with either kind of line end. Letters with the same
 * fingerprint need not be the same, those with different ones are different.
 */
export function fingerprintOf(header: Buffer): string {
  const hash = createHash('sha256');
  let telling = false;
  for (const [name, value] of fields(header)) {
    if (!FIELDS.has(name)) continue;
    telling ||= TELLING.has(name);
    hash.update(`${name}:${value}\n`, 'latin1');
  }
  // Half of it leaves no room for chance, and a journal may hold a million of them.
  const digest = hash.digest('hex').slice(0, 32);
  return telling ? digest : WEAK + digest;
}

/** Whether the header says enough to know a letter by it. */
export function isTelling(fingerprint: string | undefined): fingerprint is string {
  return fingerprint !== undefined && !fingerprint.startsWith(WEAK);
}

/** Names in lower case, and values unfolded with single blanks (RFC 5322 §2.2.3), one latin1 character an octet. */
function* fields(header: Buffer): Generator<readonly [name: string, value: string]> {
  let text = header.toString('latin1', 0, HEADER_OCTETS);
  // Whoever stopped there has cut in the middle of a line.
  if (header.length >= HEADER_OCTETS) text = text.slice(0, text.lastIndexOf('\n') + 1);
  const end = /(?:^|\n)\r?\n/.exec(text);
  if (end !== null) text = text.slice(0, end.index);
  for (const field of text.split(/\r?\n(?![ \t])/)) {
    const colon = field.indexOf(':');
    if (colon < 1) continue;
    yield [
      field.slice(0, colon).trimEnd().toLowerCase(),
      field
        .slice(colon + 1)
        .replace(/[ \t\r\n]+/g, ' ')
        .trim(),
    ];
  }
}
