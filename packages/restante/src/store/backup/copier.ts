import { closeSync, constants, copyFileSync, fsyncSync, linkSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { makePrivateFolder, segmentName, syncFolder } from '../letters/segments/folder.ts';
import type { BackupReport, CopierData, CopierSaid } from './backup.ts';

/** The thread that copies for a backup: the index first, then, once they are sealed, the segments that it names. */
function main(): void {
  const port = parentPort;
  if (!port) throw new Error('the copier runs as a worker thread');
  const data = workerData as CopierData;
  const say = (said: CopierSaid): void => port.postMessage(said);
  const index = join(data.target, 'index.sqlite');
  const attempt = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      say({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
    }
  };
  port.once('message', () => attempt(() => say({ type: 'done', report: copySegments(data, index) })));
  attempt(() => {
    copyIndex(data.index, index);
    say({ type: 'index-copied' });
  });
}

function copyIndex(from: string, into: string): void {
  // An empty file with the right mode is what VACUUM INTO fills.
  closeSync(openSync(into, 'wx', 0o600));
  const database = new DatabaseSync(from, { readOnly: true, timeout: 5_000 });
  try {
    database.prepare('VACUUM INTO ?').run(into);
  } finally {
    database.close();
  }
  syncFile(into);
}

function copySegments(data: CopierData, index: string): BackupReport {
  const letters = join(data.target, 'letters');
  makePrivateFolder(letters);
  const database = new DatabaseSync(index, { readOnly: true });
  let linked = 0;
  let octets = 0;
  const segments = database.prepare('SELECT number, octets FROM segments ORDER BY number').all();
  const count = database.prepare('SELECT coalesce(sum(count), 0) AS letters FROM maildrops').get();
  database.close();
  for (const segment of segments) {
    const name = segmentName(Number(segment['number']));
    octets += Number(segment['octets']);
    if (linkOrCopy(join(data.letters, name), join(letters, name)) === 'linked') linked += 1;
  }
  syncFolder(letters);
  syncFolder(data.target);
  return { letters: Number(count?.['letters']), segments: segments.length, octets, linked };
}

/** A sealed segment changes no more, so a second name for it is as good as a copy; where that cannot be, it is copied. */
function linkOrCopy(from: string, into: string): 'linked' | 'copied' {
  try {
    linkSync(from, into);
    return 'linked';
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && cannotLink.has(String(error.code)))) throw error;
  }
  copyFileSync(from, into, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  syncFile(into);
  return 'copied';
}

/** Another file system; a file system without links; a file that has as many as it may. */
const cannotLink = new Set(['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK']);

function syncFile(path: string): void {
  const descriptor = openSync(path, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

main();
