import { closeSync, existsSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makePrivateFolder, syncFolder } from '../store/letters/segments/folder.ts';

/** What became of the collector's journals in a backup. */
export interface JournalsCopied {
  readonly journals: number;
  /** Names of those that a collector had just then: the backup has them as it had them before, or not at all. */
  readonly missed: readonly string[];
}

const JOURNAL = /^[^.].*\.journal$/;

/**
 * Copies the journals of the collector, each as of one moment and at one stroke. A collector that is at work has its journal for itself; then
 * there is nothing to be read but what an earlier backup has.
 */
export function copyJournals(data: string, into: string): JournalsCopied {
  const [from, target] = [join(data, 'collect'), join(into, 'collect')];
  if (!existsSync(from)) return { journals: 0, missed: [] };
  const names = readdirSync(from).filter((name) => JOURNAL.test(name));
  if (names.length === 0) return { journals: 0, missed: [] };
  makePrivateFolder(target);
  const missed: string[] = [];
  for (const name of names) if (!copyJournal(join(from, name), target, name)) missed.push(name);
  syncFolder(target);
  return { journals: names.length - missed.length, missed };
}

function copyJournal(from: string, folder: string, name: string): boolean {
  const passing = join(folder, `.${name}.new`);
  rmSync(passing, { force: true });
  // An empty file with the right mode is what VACUUM INTO fills.
  closeSync(openSync(passing, 'wx', 0o600));
  try {
    const journal = new DatabaseSync(from, { readOnly: true, timeout: 0 });
    try {
      journal.exec('PRAGMA synchronous = FULL');
      journal.prepare('VACUUM INTO ?').run(passing);
    } finally {
      journal.close();
    }
    renameSync(passing, join(folder, name));
    return true;
  } catch (error) {
    rmSync(passing, { force: true });
    if (error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR') return false;
    throw error;
  }
}

/** Puts the journals of a backup back. What is there stays. */
export function restoreJournals(backup: string, data: string): void {
  const from = join(backup, 'collect');
  if (!existsSync(from)) return;
  const target = join(data, 'collect');
  makePrivateFolder(target);
  for (const name of readdirSync(from).filter((each) => JOURNAL.test(each))) {
    if (!existsSync(join(target, name))) copyJournal(join(from, name), target, name);
  }
  syncFolder(target);
}
