import type { AnyAnswer, AnyQuestion, MachineEffect, MachineInput } from '@restante/pop/dialogue';
import type { Outcome } from './outcome.ts';
import type { MailParameters, Path } from './path.ts';
import type { Route } from './routes.ts';

/** One letter's envelope. */
export interface Transaction {
  /** 1 for the session's first. */
  readonly number: number;
  /** The name in the hello. */
  readonly hello: string;
  readonly returnPath: Path;
  readonly parameters: MailParameters;
  /** The accepted ones, in order, duplicates too (LM-04). */
  readonly recipients: readonly TransactionRecipient[];
}

export interface TransactionRecipient {
  readonly path: Path;
  /** Where the address leads: all of these get the letter, or none. */
  readonly maildrops: readonly string[];
}

/** What the wire has seen in a letter so far that makes it no letter. */
export interface LetterFaults {
  /** A CR or LF that stands alone (SM-21). */
  readonly bareLineEnd: boolean;
  readonly nul: boolean;
}

/** How a session ends by its own decision. */
export type End = 'quit' | 'closed' | 'limit' | 'shutdown';

/** What a session may ask its driver, one question at a time; until the answer comes, further input waits. */
export interface Questions {
  /** Is there room for a letter of so many octets? */
  readonly space: { readonly octets: number };
  /** Where does this address lead? */
  readonly route: { readonly path: Path };
  /** A letter begins. */
  readonly receive: { readonly transaction: Transaction };
  /** Its next octets, un-stuffed. */
  readonly write: { readonly octets: Buffer; readonly faults: LetterFaults };
  /** It is whole. What became of it for the next recipients: of as many as is known, of one at least (LM-08). */
  readonly outcomes: { readonly faults: LetterFaults };
  /** Wait until the peer has taken enough of the replies. Every other question waits for that too. */
  readonly room: object;
}

export interface Answers {
  readonly space: boolean;
  readonly route: Route;
  readonly receive: undefined;
  readonly write: undefined;
  readonly outcomes: readonly Outcome[];
  readonly room: undefined;
}

export type Question = AnyQuestion<Questions>;
export type Answer = AnyAnswer<Answers>;
export type Input = MachineInput | Answer;
export type Effect = MachineEffect<End> | Question;
