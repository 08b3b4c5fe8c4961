import { Pop3Error } from './error.ts';
import type { MessageNumber, UniqueId } from './words.ts';

/**
 * Proof that a letter is safe elsewhere: what `delete` asks for. There is one only where the letter came whole and its
 * reader said that it is stored, and it is good for this letter in this session (P3-69).
 */
export interface Receipt {
  readonly number: MessageNumber;
  readonly uniqueId: UniqueId | undefined;
  readonly octets: number;
  /** SHA-256 of the letter, in hexadecimal. */
  readonly sha256: string;
}

/** The session that each receipt was given in. Nobody else can make one. */
const given = new WeakMap<Receipt, object>();

export function giveReceipt(session: object, receipt: Receipt): Receipt {
  const own = Object.freeze({ ...receipt });
  given.set(own, session);
  return own;
}

/** Throws a {@link Pop3Error} `ARGUMENT` for what is no receipt of this session. */
export function mustBeGiven(session: object, receipt: Receipt): void {
  const by = given.get(receipt);
  if (by === session) return;
  throw new Pop3Error(
    'ARGUMENT',
    by === undefined
      ? 'a letter is deleted for a receipt, which stored() gives once the letter is safe'
      : 'the receipt is of another session, in which its number may have been another letter’s',
  );
}
