import type { DatabaseSync } from 'node:sqlite';
import type { IndexCheck } from './check.ts';

/** The index's file: its pages, its trees, and that its own indexes agree with the rows. */
export const pages: IndexCheck = {
  name: 'index',
  *find(index: DatabaseSync) {
    for (const { integrity_check: found } of index.prepare('PRAGMA integrity_check(20)').iterate()) {
      if (found === 'ok') continue;
      yield {
        level: 'problem',
        check: 'index',
        what: `the index is damaged: ${String(found).replaceAll('\n', ' ')}`,
        remedy: 'close the office and run restante repair; where that says no, restore the last backup',
      };
    }
  },
  /** An index within the index that disagrees with its rows is made anew from them. */
  mend(index: DatabaseSync) {
    const found = index.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check'];
    if (found === 'ok') return 0;
    index.exec('REINDEX');
    return 1;
  },
};
