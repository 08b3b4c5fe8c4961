import type { AccountReport } from '../../collect/event.ts';
import { EXIT } from '../exit-code.ts';

/** What the exit status of `restante collect` says; docs/command-line.md has the table. */
export const COLLECT_EXIT = {
  done: EXIT.done,
  /** Some letters were not fetched, placed or deleted, or something here has to be mended; `check`: there is no new mail. */
  partly: 1,
  usage: EXIT.usage,
  login: 3,
  network: 4,
  /** `check`, `list`, `peek`, `get`: something else that has to be mended. Their 1 has another meaning, or none. */
  failed: 5,
  /** EX_TEMPFAIL of sysexits.h: nothing is wrong that will not pass. */
  later: 75,
} as const;

/** The most serious first: what somebody has to do something about, then what a letter has, then what may pass by itself. */
const ORDER = ['login', 'failed', 'partly', 'network', 'later', 'done'] as const;

/** The one exit status that stands for several accounts: that of the most serious. */
export function statusOfAll(results: readonly AccountReport['result'][]): number {
  const worst = ORDER.find((result) => results.includes(result)) ?? 'done';
  return worst === 'failed' ? COLLECT_EXIT.partly : COLLECT_EXIT[worst];
}

/** Of one account, for verbs whose 1 does not stand for a failure. */
export function statusOfOne(result: AccountReport['result']): number {
  return result === 'partly' ? COLLECT_EXIT.failed : COLLECT_EXIT[result];
}
