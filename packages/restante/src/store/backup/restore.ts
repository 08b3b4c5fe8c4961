import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from '@restante/pop/maildrop';
import { refuseForeign } from '../index/sqlite/schema.ts';
import {
  type DataFolder,
  dataFolder,
  makePrivateFolder,
  makeRoot,
  segmentName,
  segmentNumbers,
  syncFolder,
} from '../letters/segments/folder.ts';
import { DataLock } from '../lock.ts';
import { TargetNotEmpty } from './backup.ts';
import { verifyLetters } from './verify.ts';
import { verifyCounts } from './verify-counts.ts';

export interface RestoreReport {
  /** Different contents, each proved sound. */
  readonly contents: number;
  readonly segments: number;
}

/**
 * Puts a backup into a data folder that holds no mail yet. Every letter is read and proved sound before the store
 * shows up there. The backup is copied, never linked: two stores must not write to one file. Throws TargetNotEmpty,
 * DataInUse, or a StoreError that names the damage.
 */
export function restore(backup: string, target: string, now: () => number = Date.now): RestoreReport {
  const from = resolve(backup);
  const data = dataFolder(resolve(target));
  makeRoot(data.root);
  const lock = DataLock.take(data);
  try {
    refuseTaken(data);
    const half = join(data.root, 'restoring');
    rmSync(half, { recursive: true, force: true });
    const report = orRemove(half, () => copyAndVerify(from, half, now()));
    // The index comes last: without it there is no store, and a restore that was cut off can be begun again.
    rmSync(data.letters, { recursive: true, force: true });
    renameSync(join(half, 'letters'), data.letters);
    renameSync(join(half, 'index.sqlite'), data.index);
    rmSync(half, { recursive: true });
    syncFolder(data.root);
    return report;
  } finally {
    lock.release();
  }
}

/** Leaves nothing half-done behind when `work` throws. */
function orRemove<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    rmSync(path, { recursive: true, force: true });
    throw error;
  }
}

function refuseTaken(data: DataFolder): void {
  const taken = existsSync(data.index) || (existsSync(data.letters) && segmentNumbers(data).length > 0);
  // Letters without an index, beside a restore that was cut off, are that restore's.
  const cutOff = !existsSync(data.index) && existsSync(join(data.root, 'restoring'));
  if (taken && !cutOff) {
    throw new TargetNotEmpty(`${data.root} holds mail already: move it away, or name another data folder`);
  }
}

function copyAndVerify(from: string, half: string, now: number): RestoreReport {
  const index = join(half, 'index.sqlite');
  const letters = join(half, 'letters');
  if (!existsSync(join(from, 'index.sqlite'))) {
    throw new StoreError('permanent', `${from} is no backup: there is no index.sqlite in it`);
  }
  const log = join(from, 'index.sqlite-wal');
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 0) {
    throw new StoreError(
      'permanent',
      `${log} is there, so this is a copy of a data folder and no backup: use it as the data folder, or back it up first`,
    );
  }
  makePrivateFolder(half);
  makePrivateFolder(letters);
  copyPrivate(join(from, 'index.sqlite'), index);
  const database = new DatabaseSync(index);
  try {
    refuseForeign(database, join(from, 'index.sqlite'));
    const segments = database
      .prepare('SELECT number FROM segments')
      .all()
      .map((row) => Number(row['number']));
    const there = new Set(readdirSync(join(from, 'letters')));
    for (const segment of segments) {
      const name = segmentName(segment);
      if (!there.has(name)) throw new StoreError('permanent', `${from} lacks letters/${name}: it is not whole`);
      copyPrivate(join(from, 'letters', name), join(letters, name));
    }
    syncFolder(letters);
    const contents = verified(database, letters, from);
    refuseMiscount(database, from);
    // Numbering begins anew: ordinals and change numbers given since the backup will be given again.
    database.prepare('UPDATE maildrops SET epoch = max(epoch + 1, ?)').run(now);
    return { contents, segments: segments.length };
  } finally {
    database.close();
  }
}

function verified(database: DatabaseSync, letters: string, from: string): number {
  const check = verifyLetters(database, letters);
  const first = check.next();
  if (first.done) return first.value;
  const { segment, offset, what } = first.value;
  check.return(0);
  throw new StoreError('permanent', `${from} is damaged in letters/${segmentName(segment)} at ${offset}: ${what}`);
}

/** Quotas go by what is counted: a copy that counts wrong is none. */
function refuseMiscount(database: DatabaseSync, from: string): void {
  const first = verifyCounts(database).next();
  if (first.done) return;
  const { maildrop, counted, found } = first.value;
  throw new StoreError(
    'permanent',
    `${from} counts ${counted.letters} letters, ${counted.octets} octets in ${maildrop}, which has ${found.letters} and ${found.octets}`,
  );
}

function copyPrivate(from: string, into: string): void {
  copyFileSync(from, into, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  chmodSync(into, 0o600);
  const descriptor = openSync(into, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
