import type { Address, Mode } from './connection.ts';
import type { Pop3Place } from './pop3-client.ts';

/** A post office that is open, ours or another's: what the tests with foreign clients need to know of it. */
export interface Office {
  readonly pop3: Address;
  readonly pop3s: Address;
  /** How mail comes in; one that has no LMTP has `deliver`. */
  readonly lmtp?: Address;
  /** Ours takes mail by SMTP too. */
  readonly smtp?: Address;
  /** Path of the PEM file that vouches for its certificate, which is for `localhost`. */
  readonly certificate: string;
  /** Makes an account whose mailbox is empty. Its bare name is its address in LMTP. */
  addAccount(name: string, password: string): Promise<void>;
  /** Puts letters into an account's mailbox by a way of its own. */
  deliver?(name: string, letters: readonly Buffer[]): Promise<void>;
  /** What an account's owner has to say to USER, if not the account's name. */
  login?(name: string): string;
  /** The way in for a POP3 client. */
  place(mode: Mode): Pop3Place;
  /** Ends it gently and throws its data away. */
  close(): Promise<void>;
}

/** Where an office takes mail by LMTP, for what needs one that does. */
export function lmtpDoor({ lmtp }: Office): Address {
  if (lmtp === undefined) throw new Error('this office takes no mail by LMTP');
  return lmtp;
}
