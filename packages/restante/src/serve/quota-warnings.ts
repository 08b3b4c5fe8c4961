import type { Settings } from '../config/settings.ts';
import type { Notices } from '../office/notices/notices.ts';
import { quotaWarning } from '../office/notices/quota-warning.ts';
import type { DurableStore } from '../store/store.ts';

type Due = ReturnType<DurableStore['dueWarnings']>[number];

export interface QuotaWarningsOptions {
  readonly store: Pick<DurableStore, 'dueWarnings' | 'usage'>;
  readonly notices: Pick<Notices, 'send'>;
  readonly settings: Pick<Settings, 'quota.over' | 'quota.warn'>;
}

/** Rows of one look. */
const SLICE = 100;

/**
 * Writes to owners whose mailboxes fill up. That a level was reached is in the index with what reached it, and that its owner was
 * told with the letter that says so: whatever a crash comes between, the letter is there once.
 */
export class QuotaWarnings {
  readonly #options: QuotaWarningsOptions;
  /** The levels that letters on their way are about, by account. */
  readonly #onTheWay = new Map<string, number>();

  constructor(options: QuotaWarningsOptions) {
    this.#options = options;
  }

  /** These have reached levels just now. */
  filled(due: readonly Due[]): void {
    for (const one of due) this.#write(one);
  }

  /** Makes up for what was not written when it was due: the office was closed, or the letter could not be placed. */
  makeUp(): void {
    let after = '';
    for (;;) {
      const due = this.#options.store.dueWarnings(after, SLICE);
      this.filled(due);
      if (due.length < SLICE) return;
      after = due.at(-1)?.account ?? '';
    }
  }

  #write({ account, level }: Due): void {
    const { store, notices, settings } = this.#options;
    const levels = settings['quota.warn'];
    // The settings have other levels than when this one was reached, or none.
    if (!levels.includes(level) || (this.#onTheWay.get(account) ?? 0) >= level) return;
    this.#onTheWay.set(account, level);
    const written = () => quotaWarning({ account, usage: store.usage(account), over: settings['quota.over'], levels });
    void notices.send(account, written, level).then(() => {
      if (this.#onTheWay.get(account) === level) this.#onTheWay.delete(account);
    });
  }
}
