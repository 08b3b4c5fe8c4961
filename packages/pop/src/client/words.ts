import { Pop3Error } from './error.ts';

declare const kind: unique symbol;

/** The number of a letter in this session, from 1 on: in the next session it may be another letter's (RFC 1939 §4). */
export type MessageNumber = number & { readonly [kind]: 'message-number' };

/**
 * What a server calls a letter in every session (RFC 1939 §7): visible ASCII, and nothing else that could be relied on.
 * Two letters may have the same (P3-57); it may look like a path, and is none.
 */
export type UniqueId = string & { readonly [kind]: 'unique-id' };

/** A message-number out of any other number. Throws a {@link Pop3Error} `ARGUMENT` for what cannot be one. */
export function messageNumber(number: number): MessageNumber {
  if (!Number.isSafeInteger(number) || number < 1) {
    throw new Pop3Error('ARGUMENT', `${number} is no message-number: they are whole numbers from 1 on`);
  }
  return number as MessageNumber;
}
