import type { Entry } from '../maildrop/maildrop.ts';
import type { StoreError } from '../maildrop/store-error.ts';
import type { PasswordLogin, SaslServerMechanism, SaslStep, Verdict } from '../sasl/mechanism.ts';
import type { ExtensionCommand, ExtensionReply, State } from './extension.ts';

/** How a session ends by its own decision. */
export type End = 'quit' | 'quit-unauthenticated' | 'closed' | 'error' | 'refused' | 'limit' | 'shutdown';

/** What a session may ask its driver, one question at a time; until the answer comes, further lines wait. */
export interface Questions {
  /** Is this who they say they are? */
  readonly authenticate: { readonly login: PasswordLogin };
  /** What does the mechanism make of the client's message? With `mechanism` a new exchange begins. */
  readonly exchange: { readonly mechanism?: SaslServerMechanism; readonly response: Uint8Array | undefined };
  /** Let the time pass that a failed login costs. */
  readonly delay: object;
  /** Open the account's maildrop; it stays the driver's. */
  readonly open: { readonly account: string };
  readonly entries: { readonly from: number; readonly to: number };
  readonly read: { readonly number: number; readonly from: number };
  readonly expunge: { readonly numbers: readonly number[] };
  readonly extension: { readonly command: ExtensionCommand; readonly line: string; readonly state: State };
  /** Begin TLS. */
  readonly secure: object;
  /** Wait until the peer has taken enough of the replies. Every other question waits for that too. */
  readonly room: object;
}

export interface Answers {
  readonly authenticate: Verdict;
  readonly exchange: SaslStep;
  readonly delay: undefined;
  readonly open: { readonly count: number; readonly octets: number } | StoreError;
  readonly entries: readonly Entry[] | StoreError;
  readonly read: Uint8Array | StoreError;
  readonly expunge: { readonly notRemoved: readonly number[] } | StoreError;
  readonly extension: ExtensionReply | StoreError;
  readonly secure: undefined;
  readonly room: undefined;
}

export type QuestionOf<T extends keyof Questions> = { readonly type: T } & Questions[T];
export type Question = { [T in keyof Questions]: QuestionOf<T> }[keyof Questions];

export type AnswerOf<T extends keyof Answers> = { readonly type: T; readonly answer: Answers[T] };
export type Answer = { [T in keyof Answers]: AnswerOf<T> }[keyof Answers];

export type Input =
  /** The connection stands, TLS included where it comes first: greet. */
  | { readonly type: 'connected' }
  | { readonly type: 'octets'; readonly octets: Uint8Array }
  /** The peer sends no more. */
  | { readonly type: 'ended' }
  /** Finish the reply under way, then close. */
  | { readonly type: 'shutdown' }
  | Answer;

/** What is to be done, in order. A question is always the last. Text is Latin-1. */
export type Effect =
  | { readonly type: 'send'; readonly octets: string | Uint8Array }
  /** Send everything, then close. */
  | { readonly type: 'close'; readonly end: End; readonly reason?: string }
  /** Close at once: what was said before must not be taken for whole. */
  | { readonly type: 'destroy'; readonly end: End; readonly reason?: string }
  | Question;
