import {
  LEFT_TO_RIGHT,
  MAPPED_TO_NOTHING,
  NON_ASCII_SPACE,
  PROHIBITED,
  RIGHT_TO_LEFT,
  UNASSIGNED,
} from './saslprep-tables.ts';

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
const EVERY_MAPPED_TO_NOTHING = new RegExp(MAPPED_TO_NOTHING, 'gu');
const EVERY_NON_ASCII_SPACE = new RegExp(NON_ASCII_SPACE, 'gu');

/**
 * Prepares a user name or password so that what looks alike compares alike (RFC 4013). Case is kept (PREP-02).
 *
 * `query` is for what a peer presents, `stored` for what is written down: only there are code points refused that
 * Unicode 3.2 does not know (RFC 3454 §7). `undefined` when the text must not be used; the empty text may come out of
 * one that was not, and its use is the caller's to refuse.
 */
export function saslprep(text: string, use: 'query' | 'stored'): string | undefined {
  if (PRINTABLE_ASCII.test(text)) return text;
  if (!text.isWellFormed()) return undefined;
  // U+200B is in both tables: it has no width, so it is nothing rather than a space.
  const mapped = text.replace(EVERY_MAPPED_TO_NOTHING, '').replace(EVERY_NON_ASCII_SPACE, ' ');
  const prepared = mapped.normalize('NFKC');
  if (PROHIBITED.test(prepared) || !runsOneWay(prepared)) return undefined;
  if (use === 'stored' && UNASSIGNED.test(prepared)) return undefined;
  return prepared;
}

/** RFC 3454 §6: right-to-left text has no left-to-right character, and begins and ends with a right-to-left one. */
function runsOneWay(text: string): boolean {
  if (!RIGHT_TO_LEFT.test(text)) return true;
  const characters = [...text];
  return (
    !LEFT_TO_RIGHT.test(text) &&
    RIGHT_TO_LEFT.test(characters.at(0) ?? '') &&
    RIGHT_TO_LEFT.test(characters.at(-1) ?? '')
  );
}
