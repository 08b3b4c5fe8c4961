import { basename } from 'node:path';
import { isDamagedLog, readLog } from '../index/sqlite/log.ts';
import type { Problem } from './problem.ts';

/** What an office that was not closed in good order has left in its log. */
export function* examineLog(index: string): Generator<Problem> {
  const log = readLog(index);
  if (log === undefined || log.behind === 0) return;
  const name = `${basename(index)}-wal`;
  if (isDamagedLog(log)) {
    yield {
      level: 'problem',
      check: 'log',
      what: `${name} is damaged behind ${log.whole} transactions: ${log.behind} more cannot be read`,
      remedy: 'restante repair --salvage DIR: letters that only those knew are saved from the segments',
    };
  } else {
    yield {
      level: 'notice',
      check: 'log',
      what: `the last transaction in ${name} is not whole: it counts as not done. After a power cut or a kill nobody was answered for it; after damage to the disk somebody may have been`,
      remedy:
        'nothing after a power cut; after damage to the disk restante repair --salvage DIR, before the next start clears it away',
    };
  }
}
