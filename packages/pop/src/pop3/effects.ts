import type { AnyAnswer, AnyQuestion, MachineEffect, MachineInput } from '../dialogue/machine.ts';
import type { Entry, Fetched } from '../maildrop/maildrop.ts';
import type { StoreError } from '../maildrop/store-error.ts';
import type { PasswordLogin, SaslServerMechanism, SaslStep, Verdict } from '../sasl/mechanism.ts';
import type { ExtensionCommand, ExtensionReply, State } from './extension.ts';
import type { Terms } from './terms.ts';

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
  /** UPDATE: asked at QUIT when letters are marked, or were handed out whole. */
  readonly expunge: { readonly numbers: readonly number[]; readonly fetched: Fetched };
  readonly extension: { readonly command: ExtensionCommand; readonly line: string; readonly state: State };
  /** What is true of whoever has logged in; of all accounts, before. Asked where the service has terms. */
  readonly terms: object;
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
  readonly terms: Terms;
  readonly secure: undefined;
  readonly room: undefined;
}

export type Question = AnyQuestion<Questions>;
export type Answer = AnyAnswer<Answers>;
export type Input = MachineInput | Answer;
export type Effect = MachineEffect<End> | Question;
