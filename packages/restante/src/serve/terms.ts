import type { Terms } from '@restante/pop/server';
import { announcedDays, type Retention, retentionOf } from '../accounts/retention.ts';
import type { DurableStore } from '../store/store.ts';

export interface TermsOptions {
  readonly store: Pick<DurableStore, 'byName' | 'ownTerms'>;
  readonly retention: Retention;
  /** Seconds from one login to the next, where an account has none of its own. */
  readonly loginDelay: number;
}

/** What CAPA tells of LOGIN-DELAY and EXPIRE, as the accounts are at this moment. */
export class AccountTerms {
  readonly #options: TermsOptions;

  constructor(options: TermsOptions) {
    this.#options = options;
  }

  /** Of one account, after its login; of all, before any. */
  of(account: string | undefined): Terms {
    const { store, retention, loginDelay } = this.#options;
    const own = store.ownTerms();
    const days = own.map((each) => announcedDays(retentionOf(each, retention)));
    const delays = own.map((each) => each.loginDelay ?? loginDelay);
    const longest = delays.length === 0 ? loginDelay : Math.max(...delays);
    // Where nobody has a delay it is not offered; where somebody has, everybody is told theirs (EXT-02, EXT-20).
    const delayed = longest > 0;
    if (account !== undefined) {
      const policy = store.byName(account)?.policy ?? {};
      return {
        ...(delayed && { loginDelay: policy.loginDelay ?? loginDelay }),
        expire: announcedDays(retentionOf(policy, retention)) ?? 'never',
      };
    }
    const fewest = days.length === 0 ? announcedDays(retention) : minimum(days);
    return {
      ...(delayed && { loginDelay: longest, loginDelayDiffers: new Set(delays).size > 1 }),
      expire: fewest ?? 'never',
      expireDiffers: new Set(days).size > 1,
    };
  }
}

function minimum(days: readonly (number | null)[]): number | null {
  return days.reduce((least, each) => (least === null || (each !== null && each < least) ? each : least));
}
