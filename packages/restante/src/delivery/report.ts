import type { Peer } from '@restante/pop/server';
import type { End } from './effects.ts';
import type { Outcome } from './outcome.ts';
import type { Protocol, With } from './protocol.ts';
import type { Rule } from './routes.ts';

/** One letter, as it is logged: no octet of it, and of the peer's text only what the grammar let pass. */
export interface DeliveryReport {
  readonly session: string;
  /** The id in the letter's Received field. */
  readonly id: string;
  readonly peer: Peer;
  /** The name in the hello. */
  readonly hello: string;
  /** What it came by, as its Received field says it. */
  readonly with: With;
  /** The reverse-path without brackets; empty for `<>`. */
  readonly returnPath: string;
  /** One for each accepted recipient, in order. */
  readonly recipients: readonly RecipientReport[];
  /** Octets of the letter, its trace fields not counted. */
  readonly octets: number;
  /** From DATA, or the first BDAT, to the last outcome. */
  readonly milliseconds: number;
}

export interface RecipientReport {
  /** As it was given. */
  readonly address: string;
  /** Where the address led. */
  readonly maildrops: readonly string[];
  /** Which rule led there, where there are rules. */
  readonly rule?: Rule;
  readonly outcome: Outcome;
}

/** One command, without its argument. */
export interface DeliveryCommandReport {
  /** In upper case; absent where there is no command of that name. */
  readonly keyword?: string;
  /** What the first digit of its reply says (RFC 5321 §4.2.1): 2 and 3 are `ok`. */
  readonly outcome: 'ok' | 'temporary' | 'permanent';
  /** From the command's turn to its reply: a letter that follows DATA is not in it. */
  readonly milliseconds: number;
}

/** One session, as it is logged. */
export interface DeliverySessionReport {
  readonly session: string;
  readonly protocol: Protocol['label'];
  readonly peer: Peer;
  /** How it ended: by QUIT, `closed` by the peer, silent for too long, by an error on the socket, … */
  readonly end: End | 'idle' | 'error';
  /** Why, for the operator, when `end` needs it. */
  readonly reason?: string;
  readonly milliseconds: number;
  readonly octetsIn: number;
  readonly octetsOut: number;
  readonly commands: number;
  /** Letters taken whole, and of these those that were placed for at least one recipient. */
  readonly letters: number;
  readonly placed: number;
  /** Whether the connection was lost in the middle of a letter, which is then not delivered. */
  readonly brokenOff: boolean;
  /** Recipients refused at RCPT. */
  readonly refusedRecipients: number;
  /** The first failure of a look-up or of the store, for the operator. */
  readonly trouble?: string;
}
