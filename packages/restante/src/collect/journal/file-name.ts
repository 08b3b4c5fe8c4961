import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** Octets of a readable name at most: with what is added to it, it stays below the 255 of every file system. */
const LONGEST = 160;

/** Where the journal of a maildrop is; the same for the same key, always. */
export function journalPath(folder: string, mailbox: string): string {
  return join(folder, `${fileNameOf(mailbox)}.journal`);
}

/**
 * A name that people can read, safe on every file system: lower case only, since some take two cases for one; no
 * separator, no dot in front. What is not safe is percent-encoded; a long one is cut, and has a hash of the whole.
 */
export function fileNameOf(mailbox: string): string {
  const name = Buffer.from(mailbox, 'utf8')
    .toString('latin1')
    .replace(/[^a-z0-9@._+=-]|^\./g, (octet) => `%${octet.charCodeAt(0).toString(16).padStart(2, '0')}`);
  if (name.length <= LONGEST) return name;
  return `${name.slice(0, LONGEST - 33)}~${createHash('sha256').update(mailbox).digest('hex').slice(0, 32)}`;
}
