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
  | { readonly type: 'placed'; readonly placed: readonly Placed[] }
  /** `reason` is for the operator's log; the peer only learns `why`. */
  | { readonly type: 'refused'; readonly why: Refusal; readonly reason: string };

export function refused(why: Refusal, reason: string): Outcome {
  return { type: 'refused', why, reason };
}

/** A store's answers for the mailboxes of one recipient as an outcome: what one of them does not have is not placed. */
export function outcomeOf(answers: readonly (Placed | StoreError)[]): Outcome {
  const placed: Placed[] = [];
  for (const answer of answers) {
    if (answer instanceof StoreError) return refused(answer.kind, answer.message);
    placed.push(answer);
  }
  return { type: 'placed', placed };
}
