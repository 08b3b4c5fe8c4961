import { StoreError } from '../maildrop/store-error.ts';

/** Accounts whose last login is remembered, some hundred octets each. */
const REMEMBERED = 100_000;

/**
 * Keeps LOGIN-DELAY (RFC 2449 §6.5): so many seconds after a login was accepted the next one of that account is. For
 * `openMaildrop`, which is asked only when the credentials are good, so that nobody else learns when an account was last called for,
 * and no wrong password delays its owner (EXT-18). One for all of a process; a restart forgets, which lets everybody in once more.
 */
export class LoginDelays {
  readonly #remembered: number;
  readonly #now: () => number;
  /** When each account may log in again, those whose last login is longest ago first. */
  readonly #until = new Map<string, number>();

  /** `now` is milliseconds of a clock that is never set back. */
  constructor(now: () => number = () => performance.now(), remembered = REMEMBERED) {
    this.#now = now;
    this.#remembered = remembered;
  }

  /** Throws a StoreError `too-soon` when this login comes before its time. */
  check(account: string): void {
    const until = this.#until.get(account);
    if (until === undefined) return;
    const left = until - this.#now();
    if (left > 0) throw new StoreError('too-soon', `another login of ${account} ${Math.ceil(left / 1000)} s too early`);
    this.#until.delete(account);
  }

  /** A login is accepted; `seconds` from now on is the delay of its account, 0 for none. */
  accepted(account: string, seconds: number): void {
    this.#until.delete(account);
    if (seconds <= 0) return;
    // Whoever is forgotten is let in too early, once; the memory is bounded.
    for (const oldest of this.#until.keys()) {
      if (this.#until.size < this.#remembered) break;
      this.#until.delete(oldest);
    }
    this.#until.set(account, this.#now() + seconds * 1000);
  }
}
