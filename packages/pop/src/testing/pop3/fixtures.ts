import type { Entry, Maildrop } from '../../maildrop/maildrop.ts';
import { StoreError } from '../../maildrop/store-error.ts';

/** The maildrops that transcripts call by name, as the octets of each letter. */
export const fixtures: Readonly<Record<string, readonly number[]>> = {
  empty: [],
  // RFC 1939's example: two messages, 320 octets.
  'two-letters': [120, 200],
  'three-letters': [100, 200, 300],
};

/** A letter of so many octets: three header fields, a blank line, and a body that fills up what is left. */
export function letter(number: number, octets: number): Buffer {
  const header = `From: alice@example.org\r\nTo: mrose@example.net\r\nSubject: letter ${number}\r\n\r\n`;
  const lines: string[] = [];
  for (let left = octets - header.length; left > 0; ) {
    const length = left - 64 === 1 ? 63 : Math.min(64, left);
    lines.push(`${'x'.repeat(length - 2)}\r\n`);
    left -= length;
  }
  return Buffer.from(header + lines.join(''));
}

/** Three letters of 2 GiB and an octet, that nobody can read: for sums that 32 bits do not hold. */
export function hugeMaildrop(): Maildrop {
  const octets = 2 ** 31 + 1;
  const entry = (number: number): Entry => ({ number, uniqueId: `huge-${number}`, octets, body: 2, dotted: false });
  return {
    count: 3,
    octets: 3 * octets,
    entries: (from, to) => [1, 2, 3].filter((number) => from <= number && number <= to).map(entry),
    read() {
      throw new StoreError('permanent', 'a letter that is only a number');
    },
    expunge: async (numbers) => ({ notRemoved: numbers }),
    close() {},
  };
}
