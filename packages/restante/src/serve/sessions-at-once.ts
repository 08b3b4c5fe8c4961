import { type MaybePromise, StoreError } from '@restante/pop/maildrop';

/**
 * How many sessions each account has open. The one too many is told [IN-USE] (RFC 2449 §8.1.2): its password was good, and
 * others have the maildrop (EXT-17).
 */
export class SessionsAtOnce {
  readonly #limitOf: (account: string) => number;
  readonly #accounts = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  constructor(limitOf: (account: string) => number) {
    this.#limitOf = limitOf;
  }

  /** Takes a session in, until {@link ended}; one whose maildrop cannot be opened is not counted. */
  open<T>(account: string, session: string, open: () => MaybePromise<T>): MaybePromise<T> {
    const count = this.#counts.get(account) ?? 0;
    if (count >= this.#limitOf(account)) {
      throw new StoreError('in-use', `${account} has ${count} sessions open, which is what it may have`);
    }
    this.#accounts.set(session, account);
    this.#counts.set(account, count + 1);
    const undo = (thrown: unknown): never => {
      this.ended(session);
      throw thrown;
    };
    try {
      const opened = open();
      return opened instanceof Promise ? opened.catch(undo) : opened;
    } catch (thrown) {
      return undo(thrown);
    }
  }

  ended(session: string): void {
    const account = this.#accounts.get(session);
    if (account === undefined) return;
    this.#accounts.delete(session);
    const left = (this.#counts.get(account) ?? 1) - 1;
    if (left === 0) this.#counts.delete(account);
    else this.#counts.set(account, left);
  }
}
