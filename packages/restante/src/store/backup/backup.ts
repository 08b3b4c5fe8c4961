import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { StoreError } from '@restante/pop/maildrop';
import { type DataFolder, isMissing, makePrivateFolder, syncFolder } from '../letters/segments/folder.ts';
import type { WriterLink } from '../writer/link.ts';
import { TargetNotEmpty } from './target-not-empty.ts';

export { TargetNotEmpty } from './target-not-empty.ts';

export interface BackupReport {
  readonly letters: number;
  readonly segments: number;
  /** Octets of those segments. */
  readonly octets: number;
  /** Segments that were not in the folder before: all of them, the first time. */
  readonly added: number;
  /** Those of the added that are hard links, since the backup lies on the same file system. */
  readonly linked: number;
}

/** What the copying thread is started with. */
export interface CopierData {
  readonly index: string;
  readonly letters: string;
  readonly target: string;
  /** Whether the target holds an earlier backup, which is brought up to date. */
  readonly update: boolean;
}

/** What it says: the index is copied and waits for the segments to be sealed; all is copied and on the disk; it failed. */
export type CopierSaid =
  | { readonly type: 'index-copied' }
  | { readonly type: 'done'; readonly report: BackupReport }
  | { readonly type: 'failed'; readonly message: string; readonly taken?: boolean };

/**
 * Copies the store into `target` while mail flows: what is committed when the index is copied is in it, whole. No thread
 * waits for it but its own; the writer only keeps files that it would have removed. A new target shows up when all of it is
 * on the disk, and not before. One that holds an earlier backup of the same office is brought up to date: segments that it lacks are added
 * beside those it has, then the new index takes the old one's name, in one rename, then what only the old one needed is removed. So it
 * is at any moment the earlier backup or the new one, whole.
 */
export async function backUp(data: DataFolder, link: WriterLink, target: string): Promise<BackupReport> {
  const path = resolve(target);
  if (holdsBackup(path)) return pinned(link, () => update(data, link, path));
  refuseTaken(path);
  return pinned(link, () => makeNew(data, link, path));
}

/** While this goes on the writer removes no file. */
async function pinned<T>(link: WriterLink, work: () => Promise<T>): Promise<T> {
  await link.order<'pin'>({ type: 'pin' });
  try {
    return await work();
  } finally {
    // A writer that has ended meanwhile removes nothing any more.
    await link.order<'unpin'>({ type: 'unpin' }).catch(() => undefined);
  }
}

function update(data: DataFolder, link: WriterLink, target: string): Promise<BackupReport> {
  return copy({ index: data.index, letters: data.letters, target, update: true }, async () => {
    await link.order<'seal'>({ type: 'seal' });
  });
}

async function makeNew(data: DataFolder, link: WriterLink, path: string): Promise<BackupReport> {
  const partial = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.partial`);
  try {
    makePrivateFolder(partial);
    const report = await copy(
      { index: data.index, letters: data.letters, target: partial, update: false },
      async () => {
        await link.order<'seal'>({ type: 'seal' });
      },
    );
    moveInto(partial, path);
    return report;
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw error;
  }
}

function holdsBackup(path: string): boolean {
  return existsSync(join(path, 'index.sqlite')) && existsSync(join(path, 'letters'));
}

function copy(data: CopierData, seal: () => Promise<void>): Promise<BackupReport> {
  const program = new URL(`./copier${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(program, { workerData: data, execArgv: [] });
  return new Promise((fulfil, reject) => {
    worker.on('message', (said: CopierSaid) => {
      if (said.type === 'index-copied') seal().then(() => worker.postMessage('sealed'), reject);
      else if (said.type === 'done') fulfil(said.report);
      else if (said.taken === true) reject(new TargetNotEmpty(said.message));
      else reject(new StoreError('temporary', `the backup failed: ${said.message}`));
    });
    worker.on('error', reject);
    worker.on('exit', () => reject(new StoreError('temporary', 'the backup’s thread ended early')));
  }).finally(() => worker.terminate()) as Promise<BackupReport>;
}

function refuseTaken(path: string): void {
  try {
    if (readdirSync(path).length > 0) {
      throw new TargetNotEmpty(`${path} is not empty: name a folder that is not there yet`);
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

function moveInto(partial: string, path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  renameSync(partial, path);
  syncFolder(dirname(path));
}
