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
  readonly maildrop: string;
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

export type QuestionOf<T extends keyof Questions> = { readonly type: T } & Questions[T];
export type Question = { [T in keyof Questions]: QuestionOf<T> }[keyof Questions];

export type AnswerOf<T extends keyof Answers> = { readonly type: T; readonly answer: Answers[T] };
export type Answer = { [T in keyof Answers]: AnswerOf<T> }[keyof Answers];

export type Input =
  | { readonly type: 'connected' }
  | { readonly type: 'octets'; readonly octets: Uint8Array }
  /** The peer sends no more. */
  | { readonly type: 'ended' }
  /** Finish what the store was asked for, then close. */
  | { readonly type: 'shutdown' }
  | Answer;

/** What is to be done, in order. A question is always the last. */
export type Effect =
  | { readonly type: 'send'; readonly octets: string }
  /** Send everything, then close. */
  | { readonly type: 'close'; readonly end: End }
  | Question;
