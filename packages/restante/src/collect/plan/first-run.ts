import type { LetterHeader } from './fingerprint.ts';
import type { Situation } from './plan.ts';
import { day } from './words.ts';

export type FirstRunVerdict =
  | { readonly type: 'fetch' }
  | { readonly type: 'skip'; readonly why: string }
  /** Not yet: nobody knows which letters there are. */
  | { readonly type: 'wait'; readonly why: string };

export const WAITS = 'waits for a listing that has all letters, which tells old ones from new ones';

/** Whether the policy for the first run has a say in this one. */
export function isFirstRun({ facts, policy }: Pick<Situation, 'facts' | 'policy'>): boolean {
  return facts.begun === undefined && policy.firstRun.type !== 'all';
}

/**
 * What the policy for the first run says of a letter that is not known.
 *
 * @param header - its header, where that had to be seen
 * @param newest - how many letters of the maildrop are newer, itself included
 * @param whole - whether the listing has all letters
 */
export function firstRun(
  { facts, policy }: Pick<Situation, 'facts' | 'policy'>,
  { header, newest, whole }: { header: LetterHeader | undefined; newest: number; whole: boolean },
): FirstRunVerdict {
  const { firstRun } = policy;
  if (facts.begun !== undefined || firstRun.type === 'all') return { type: 'fetch' };
  if (!whole) return { type: 'wait', why: WAITS };
  switch (firstRun.type) {
    case 'mark-existing':
      return { type: 'skip', why: 'it was there before the first run' };
    case 'last':
      return newest <= firstRun.letters
        ? { type: 'fetch' }
        : { type: 'skip', why: `not among the last ${firstRun.letters} of the first run` };
    case 'since': {
      // What does not say when it came may be new.
      const time = header?.time;
      return time === undefined || time >= firstRun.time
        ? { type: 'fetch' }
        : { type: 'skip', why: `it came on ${day(time)}, before ${day(firstRun.time)}` };
    }
  }
}
