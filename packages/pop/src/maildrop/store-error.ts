/**
 * Everything that may go wrong in a store, as its callers need to tell it apart:
 *
 * - `temporary`: may work later (a busy disk, a back end that is down)
 * - `permanent`: will not mend itself (damage); an operator has to look
 * - `no-room`: the disk, or the share of it that mail may use, is full
 * - `over-quota`: this mailbox may hold no more
 * - `too-large`: the letter is larger than any that is taken
 * - `exceeds-maildrop`: the letter is larger than this mailbox may ever hold
 * - `no-maildrop`: there is no such mailbox
 * - `in-use`: the mailbox is held exclusively by another session
 * - `too-soon`: the mailbox may be called for again only when some time has passed since the last time
 */
export type StoreErrorKind =
  | 'temporary'
  | 'permanent'
  | 'no-room'
  | 'over-quota'
  | 'too-large'
  | 'exceeds-maildrop'
  | 'no-maildrop'
  | 'in-use'
  | 'too-soon';

/**
 * The one error that a store hands out. The message is for the operator's log; a peer only ever learns the kind.
 */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly kind: StoreErrorKind;

  constructor(kind: StoreErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }

  /** Any thrown thing as a StoreError: what a store did not foresee is `temporary`, so that mail is kept and tried again. */
  static from(thrown: unknown): StoreError {
    if (thrown instanceof StoreError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new StoreError('temporary', message, { cause: thrown });
  }
}
