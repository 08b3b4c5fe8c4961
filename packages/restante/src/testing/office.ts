import type { Address, Mode } from './connection.ts';
import type { Pop3Place } from './pop3-client.ts';

/** A post office that is open, ours or another's: what the tests with foreign clients need to know of it. */
export interface Office {
  readonly pop3: Address;
  readonly pop3s: Address;
  readonly lmtp: Address;
  /** Ours takes mail by SMTP too. */
  readonly smtp?: Address;
  /** Path of the PEM file that vouches for its certificate, which is for `localhost`. */
  readonly certificate: string;
  /** Makes an account whose mailbox is empty. Its bare name is its address in LMTP. */
  addAccount(name: string, password: string): Promise<void>;
  /** The way in for a POP3 client. */
  place(mode: Mode): Pop3Place;
  /** Ends it gently and throws its data away. */
  close(): Promise<void>;
}
