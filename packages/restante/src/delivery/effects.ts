import type { AnyAnswer, AnyQuestion, MachineEffect, MachineInput } from '@restante/pop/dialogue';
import type { Outcome, Refused } from './outcome.ts';
import type { MailParameters, Path } from './path.ts';
import type { With } from './protocol.ts';
import type { Route, Rule } from './routes.ts';

/** One letter's envelope. */
export interface Transaction {
  /** 1 for the session's first. */
  readonly number: number;
  /** The name in the hello. */
  readonly hello: string;
  /** What it comes by. */
  readonly with: With;
  readonly returnPath: Path;
  readonly parameters: MailParameters;
  /** The accepted ones, in order, duplicates too (LM-04). */
  readonly recipients: readonly TransactionRecipient[];
}

export interface TransactionRecipient {
  readonly path: Path;
  /** Where the address leads: all of these get the letter, or none. One list for all who lead to the same. */
  readonly maildrops: readonly string[];
  /** Which rule led there, where there are rules: for the log. */
  readonly rule?: Rule;
}

/** What the wire has seen in a letter so far that makes it no letter. */
export interface LetterFaults {
  /** A CR or LF that stands alone (SM-21). */
  readonly bareLineEnd: boolean;
  readonly nul: boolean;
  /** More octets were announced than a letter may have; none of them was handed on. */
  readonly tooLarge: boolean;
}

/** How a session ends by its own decision. */
export type End = 'quit' | 'closed' | 'limit' | 'shutdown' | 'error';

/** What a session may ask its driver, one question at a time; until the answer comes, further input waits. */
export interface Questions {
  /** Is there room for a letter of so many octets? */
  readonly space: { readonly octets: number };
  /** Where does this address lead? `declared` is the letter's size as MAIL has it, in octets. */
  readonly route: { readonly path: Path; readonly declared?: number };
  /** A letter begins. */
  readonly receive: { readonly transaction: Transaction };
  /** Its next octets, un-stuffed. */
  readonly write: { readonly octets: Buffer; readonly faults: LetterFaults };
  /** It is whole, or refused already. What became of it for the next recipients: of as many as is known, of one at least (LM-08). */
  readonly outcomes: { readonly faults: LetterFaults };
  /** The transaction is over without a letter that is whole: nothing of it is kept. */
  readonly forget: object;
  /** Begin TLS. */
  readonly secure: object;
  /** Wait until the peer has taken enough of the replies. Every other question waits for that too. */
  readonly room: object;
}

export interface Answers {
  readonly space: boolean;
  /** A route to mailboxes that cannot take the letter is refused at once, where that is asked (SM-31). */
  readonly route: Route | Refused;
  readonly receive: undefined;
  /** Whether the letter is refused by now, whatever else comes. */
  readonly write: boolean;
  readonly outcomes: readonly Outcome[];
  readonly forget: undefined;
  readonly secure: undefined;
  readonly room: undefined;
}

export type Question = AnyQuestion<Questions>;
export type Answer = AnyAnswer<Answers>;
export type Input = MachineInput | Answer;
export type Effect = MachineEffect<End> | Question;
