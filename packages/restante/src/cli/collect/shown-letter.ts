import type { Address, Email } from 'postal-mime';
import { harmless, harmlessLines } from './harmless.ts';

/** Parts within parts that are looked into: who nests deeper wants to keep us busy. */
const DEEPEST = 20;
const LONGEST_HEADER = 1024 * 1024;
/** Octets that are decoded: more than anybody reads on a terminal, and no more work than a moment's. */
const MOST = 1024 * 1024;

/** A letter, or its beginning, as people read it. */
export interface ShownLetter {
  readonly from: string;
  readonly to: string;
  readonly cc: string;
  readonly date: string;
  readonly subject: string;
  readonly text: string;
  /** Names and kinds of what comes with it, as far as it is in what was read. */
  readonly attachments: readonly string[];
}

/** Decodes it. What is no mail at all is shown as the text that it is. */
export async function showLetter(octets: Buffer): Promise<ShownLetter> {
  // Loaded only here: most verbs show no letter.
  const { default: PostalMime } = await import('postal-mime');
  const options = { maxNestingDepth: DEEPEST, maxHeadersSize: LONGEST_HEADER, forceRfc822Attachments: true };
  const email = await PostalMime.parse(octets.subarray(0, MOST), options).catch(() => undefined);
  if (email === undefined) return plainLetter(octets);
  return {
    from: addresses(email.from === undefined ? [] : [email.from]),
    to: addresses(email.to ?? []),
    cc: addresses(email.cc ?? []),
    date: harmless(dateOf(email)),
    subject: harmless(email.subject ?? ''),
    text: harmlessLines(email.text ?? textOfHtml(email.html ?? '')),
    attachments: email.attachments.map(({ filename, mimeType }) =>
      harmless(filename === null ? mimeType : `${filename} (${mimeType})`),
    ),
  };
}

function plainLetter(octets: Buffer): ShownLetter {
  const text = harmlessLines(octets.toString('latin1', 0, MOST));
  return { from: '', to: '', cc: '', date: '', subject: '', text, attachments: [] };
}

function dateOf({ date }: Email): string {
  const time = date === undefined ? Number.NaN : Date.parse(date);
  if (Number.isNaN(time)) return date ?? '';
  const local = new Date(time);
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${local.getFullYear()}-${two(local.getMonth() + 1)}-${two(local.getDate())} ${two(local.getHours())}:${two(local.getMinutes())}`;
}

function addresses(list: readonly Address[]): string {
  return harmless(list.map(address).join(', '));
}

function address({ name, address: mailbox, group }: Address): string {
  if (group !== undefined) return `${name}: ${group.map(address).join(', ')};`;
  return name === '' || name === mailbox ? (mailbox ?? '') : `${name} <${mailbox ?? ''}>`;
}

/** Enough to see what it is about: tags go, the rest stays. */
function textOfHtml(html: string): string {
  return html
    .replace(/<(style|script)\b[\s\S]*?(?:<\/\1>|$)/gi, '')
    .replace(/<(?:br|\/p|\/div|\/tr|\/h\d|li|\/ul|\/ol)\b[^>]*>/gi, '\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));/gi, character)
    .replace(/\n\s*\n\s*/g, '\n\n')
    .trim();
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/** A character that HTML has a reference to; one that is not known stays as it is written. */
function character(written: string, decimal?: string, hexadecimal?: string, name = ''): string {
  if (name !== '') return NAMED[name.toLowerCase()] ?? written;
  const point = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal);
  return point <= 0x10ffff ? String.fromCodePoint(point) : written;
}
