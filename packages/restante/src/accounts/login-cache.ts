import { createHmac, randomBytes } from 'node:crypto';
import type { Secret } from '@restante/pop/sasl';
import type { Account } from './account.ts';

/**
 * Logins that were verified a short while ago: POP3 clients call every few minutes, and a hash each time would be most
 * of what the machine does. An entry is good for one credential version of the account, which is read at each
 * login, so a changed password or a disabled account needs no message to be noticed, on any number of threads or nodes.
 *
 * The password itself is not kept: the key is an HMAC of it under a random key of this process, worthless elsewhere.
 */
export class LoginCache {
  readonly #key = randomBytes(32);
  readonly #limit: number;
  /** In order of last use: the first one goes when it is full. */
  readonly #versions = new Map<string, number>();

  /** `limit` is the number of entries, some 150 octets each. */
  constructor(limit = 10_000) {
    this.#limit = limit;
  }

  /** The mark that {@link knows} and {@link learn} take. */
  mark(account: Account, password: Secret): string {
    // A name has no NUL in it, so the two cannot run into each other.
    return createHmac('sha256', this.#key).update(account.name).update('\0').update(password.reveal()).digest('base64');
  }

  /** Whether this login was verified under the account's present credentials. */
  knows(account: Account, mark: string): boolean {
    const version = this.#versions.get(mark);
    if (version === undefined) return false;
    this.#versions.delete(mark);
    if (version !== account.credentialVersion) return false;
    this.#versions.set(mark, version);
    return true;
  }

  /** Keeps a login that was just verified against this row of the account. */
  learn(account: Account, mark: string): void {
    this.#versions.delete(mark);
    this.#versions.set(mark, account.credentialVersion);
    if (this.#versions.size <= this.#limit) return;
    const oldest = this.#versions.keys().next();
    if (!oldest.done) this.#versions.delete(oldest.value);
  }
}
