import { type Placed, StoreError, type StoreErrorKind } from '@restante/pop/maildrop';

/**
 * Why a letter was not placed for a recipient: the store's reasons, and ours:
 *
 * - `bare-line-end`: a CR or LF stood alone (SM-21)
 * - `nul`: it holds a NUL octet (SM-24)
 * - `hops`: it has come through too many hands (SM-63)
 * - `loop`: this recipient has had it before (SM-64)
 */
export type Refusal = StoreErrorKind | 'bare-line-end' | 'nul' | 'hops' | 'loop';

/** What became of a letter for one recipient. */
export type Outcome =
  /** In each of the mailboxes that the address leads to, in that order. */
  { readonly type: 'placed'; readonly placed: readonly Placed[] } | Refused;

export interface Refused {
  readonly type: 'refused';
  readonly why: Refusal;
  /** For the operator's log; the peer only learns `why`. */
  readonly reason: string;
}

export function refused(why: Refusal, reason: string): Refused {
  return { type: 'refused', why, reason };
}

/**
 * A store's answers for the mailboxes of one recipient as an outcome: what one of them does not have is not placed. A mailbox
 * that was there at RCPT and is gone now does not make the address unknown, least of all one that leads to others too:
 * where it leads is told when the sender comes again (SM-11).
 */
export function outcomeOf(answers: readonly (Placed | StoreError)[]): Outcome {
  const placed: Placed[] = [];
  for (const answer of answers) {
    if (answer instanceof StoreError) {
      return refused(answer.kind === 'no-maildrop' ? 'temporary' : answer.kind, answer.message);
    }
    placed.push(answer);
  }
  return { type: 'placed', placed };
}

/** What became of a letter for recipients who get it together or not at all: the first refusal counts for all of them. */
export function together(outcomes: readonly Outcome[]): Outcome {
  const placed: (readonly Placed[])[] = [];
  for (const outcome of outcomes) {
    if (outcome.type === 'refused') return outcome;
    placed.push(outcome.placed);
  }
  return { type: 'placed', placed: placed.flat() };
}
