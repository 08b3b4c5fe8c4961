import { randomUUID } from 'node:crypto';
import { StoreError } from '@restante/pop/maildrop';
import type { DurableStore } from '../../store/store.ts';
import { type Notice, type NoticeCircumstances, writeNotice } from './letter.ts';

export type { Notice } from './letter.ts';

export interface NoticesOptions {
  readonly store: Pick<DurableStore, 'beginNotice'>;
  /** Our own name. */
  readonly hostname: string;
  /** Where postmaster and the accounts have addresses. */
  readonly domain: string;
  /** Told of a letter that could not be placed. */
  readonly onError: (error: unknown, account: string) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Letters that wait to be placed: beyond it further ones are given up. Nobody waits for them, but the memory has an end. */
const MOST_WAITING = 1_000;

/**
 * Letters of the office to the owners of mailboxes. Nobody waits for one: they are placed one after the other, behind
 * whatever brought them about, and a failure is told and no more.
 */
export class Notices {
  readonly #options: NoticesOptions;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  /**
   * Has the letter placed in the account's maildrop, outside its quota. Neither throws nor rejects: it need not be waited for, and
   * resolves when the letter is placed or has failed. A letter may be written when its turn comes; one about a level of the
   * quota says which, in percent.
   */
  send(account: string, notice: Notice | (() => Notice), level?: number): Promise<void> {
    if (this.#waiting >= MOST_WAITING) {
      this.#options.onError(new StoreError('temporary', `${MOST_WAITING} letters of the office wait already`), account);
      return Promise.resolve();
    }
    this.#waiting += 1;
    this.#last = this.#last
      .then(() => this.#place(account, typeof notice === 'function' ? notice() : notice, level))
      .catch((error: unknown) => this.#options.onError(error, account))
      .finally(() => {
        this.#waiting -= 1;
      });
    return this.#last;
  }

  /** Resolves when what was asked for so far is placed or has failed. */
  settled(): Promise<void> {
    return this.#last;
  }

  async #place(account: string, notice: Notice, level: number | undefined): Promise<void> {
    const { store, hostname, domain, now = Date.now } = this.#options;
    await placeNotice(store, notice, { account, domain, hostname, id: randomUUID(), at: now() }, level);
  }
}

/** Places one letter of the office, durably. Rejects with the store's error. */
export async function placeNotice(
  store: Pick<DurableStore, 'beginNotice'>,
  notice: Notice,
  circumstances: NoticeCircumstances,
  level?: number,
): Promise<void> {
  const { trace, letter } = writeNotice(notice, circumstances);
  const delivery = store.beginNotice({ maildrop: circumstances.account, trace }, level);
  await delivery.write(letter);
  for (const placed of await Promise.all(delivery.commit())) if (placed instanceof StoreError) throw placed;
}
