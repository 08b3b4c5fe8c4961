import { StoreError } from '@restante/pop/maildrop';
import type { AccountPolicy } from '../accounts/policy.ts';

/** What maildrops may hold where an account's policy says nothing else. */
export interface QuotaRules {
  /** `null` for no limit; so in the next. */
  readonly octets: number | null;
  readonly letters: number | null;
  /** By how much the last letter may go over {@link octets}, in percent of them. */
  readonly grace: number;
  /** How full a maildrop is, in percent, when its owner is told; in ascending order. */
  readonly levels: readonly number[];
}

/** What is in a maildrop, or promised to letters on their way there. */
export interface Held {
  readonly count: number;
  readonly octets: number;
}

/** What one maildrop may hold. */
export class Quota {
  readonly octets: number | null;
  readonly letters: number | null;
  /** With the grace. */
  readonly #most: number;

  private constructor(octets: number | null, letters: number | null, grace: number) {
    this.octets = octets;
    this.letters = letters;
    this.#most = octets === null ? Number.POSITIVE_INFINITY : octets + Math.floor((octets * grace) / 100);
  }

  /** That of the account with this policy; undefined when nothing limits it. */
  static of({ octets, letters, grace }: QuotaRules, policy: AccountPolicy): Quota | undefined {
    const { quotaOctets = octets, quotaLetters = letters } = policy;
    return quotaOctets === null && quotaLetters === null ? undefined : new Quota(quotaOctets, quotaLetters, grace);
  }

  /**
   * Why a letter of so many octets is not taken beside what is held already, if it is not: a maildrop that is below its quota takes
   * one that goes over it by no more than the grace, so that nobody's mail waits for the last few octets.
   */
  refusal(name: string, { count, octets }: Held, letter: number): StoreError | undefined {
    if (letter > this.#most) {
      return new StoreError(
        'exceeds-maildrop',
        `a letter of ${letter} octets is larger than ${name}'s quota of ${this.octets} octets has room for, empty as it may be`,
      );
    }
    if (this.letters !== null && count >= this.letters) {
      return new StoreError('over-quota', `${name} holds ${count} letters, and its quota is ${this.letters}`);
    }
    const full = this.octets !== null && octets >= this.octets;
    if (!full && octets + letter <= this.#most) return undefined;
    return new StoreError(
      'over-quota',
      `${name} holds ${octets} octets, and its quota is ${this.octets}: there is no room for ${letter} more`,
    );
  }

  /** How much of it is used, in percent: of octets or letters, whichever is nearer to its end. Whole, and never rounded up. */
  used({ count, octets }: Held): number {
    return Math.max(share(octets, this.octets), share(count, this.letters));
  }
}

function share(used: number, of: number | null): number {
  if (of === null) return 0;
  return of === 0 ? 100 : Math.floor((used / of) * 100);
}

/** The highest of the levels that so many percent reach; 0 for none. */
export function reached(levels: readonly number[], percent: number): number {
  return levels.findLast((level) => percent >= level) ?? 0;
}
