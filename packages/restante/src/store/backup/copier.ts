import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { inTransaction } from '../index/sqlite/connection.ts';
import { officeNumber } from '../index/sqlite/office-number.ts';
import { makePrivateFolder, segmentName, syncFolder } from '../letters/segments/folder.ts';
import type { BackupReport, CopierData, CopierSaid } from './backup.ts';
import { TargetNotEmpty } from './target-not-empty.ts';

/** The thread that copies for a backup: the index first, then, once they are sealed, the segments that it names. */
function main(): void {
  const port = parentPort;
  if (!port) throw new Error('the copier runs as a worker thread');
  const data = workerData as CopierData;
  const say = (said: CopierSaid): void => port.postMessage(said);
  const index = join(data.target, data.update ? PASSING : 'index.sqlite');
  const attempt = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      const taken = error instanceof TargetNotEmpty;
      say({ type: 'failed', message: error instanceof Error ? error.message : String(error), taken });
    }
  };
  port.once('message', () =>
    attempt(() => say({ type: 'done', report: data.update ? updateSegments(data, index) : copySegments(data, index) })),
  );
  attempt(() => {
    // Those that a killed run has left.
    for (const end of ['', '-journal']) rmSync(join(data.target, `${PASSING}${end}`), { force: true });
    if (data.update) refuseOther(data);
    copyIndex(data.index, index);
    say({ type: 'index-copied' });
  });
}

/** The new index, until it takes the place of the old one. */
const PASSING = '.index.sqlite.new';

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
  const found = contentsOf(database);
  database.close();
  let linked = 0;
  for (const number of found.numbers) {
    const name = segmentName(number);
    if (linkOrCopy(join(data.letters, name), join(letters, name)) === 'linked') linked += 1;
  }
  syncFolder(letters);
  syncFolder(data.target);
  return { ...found.report, added: found.numbers.length, linked };
}

function contentsOf(database: DatabaseSync): {
  readonly numbers: readonly number[];
  readonly report: Pick<BackupReport, 'letters' | 'segments' | 'octets'>;
} {
  const segments = database.prepare('SELECT number, octets FROM segments ORDER BY number').all();
  const count = database.prepare('SELECT coalesce(sum(count), 0) AS letters FROM maildrops').get();
  const octets = segments.reduce((sum, segment) => sum + Number(segment['octets']), 0);
  const numbers = segments.map((segment) => Number(segment['number']));
  return { numbers, report: { letters: Number(count?.['letters']), segments: numbers.length, octets } };
}

/** Another office's letters are not replaced by ours, nor is what nobody can tell to be a backup. */
function refuseOther(data: CopierData): void {
  const path = join(data.target, 'index.sqlite');
  const refuse = (why: string): never => {
    throw new TargetNotEmpty(`${data.target} ${why}: name a folder that is not there yet`);
  };
  if (existsSync(`${path}-wal`)) refuse('is no backup, but a data folder');
  const [theirs, ours] = [path, data.index].map((each) => {
    try {
      const database = new DatabaseSync(each, { readOnly: true, timeout: 5_000 });
      try {
        return identityOf(database);
      } finally {
        database.close();
      }
    } catch (error) {
      if (each === data.index) throw error;
      return refuse('holds a damaged backup');
    }
  });
  if (theirs?.number === undefined) {
    // An early program wrote it: an account that was made at the same moment tells.
    if (!theirs?.accounts.some((account) => ours?.accounts.includes(account))) refuse('holds another office');
  } else if (theirs.number !== ours?.number) refuse('holds another office');
}

function identityOf(database: DatabaseSync): {
  readonly number: number | undefined;
  readonly accounts: readonly string[];
} {
  const accounts = database.prepare('SELECT name, created FROM accounts ORDER BY place LIMIT 1000').all();
  return { number: officeNumber(database), accounts: accounts.map(({ name, created }) => `${name} ${created}`) };
}

/** Brings an earlier backup up to date. Until the rename nothing that its index names is touched. */
function updateSegments(data: CopierData, index: string): BackupReport {
  const letters = join(data.target, 'letters');
  const database = new DatabaseSync(index);
  try {
    database.prepare('ATTACH ? AS old').run(join(data.target, 'index.sqlite'));
    const before = new Set(
      database
        .prepare('SELECT number FROM old.segments')
        .all()
        .map((row) => Number(row['number'])),
    );
    const files = existsSync(letters) ? readdirSync(letters) : [];
    const named = contentsOf(database);
    let free = Math.max(0, ...before, ...named.numbers) + 1;
    let [added, linked] = [0, 0];
    const kept = new Set<string>();
    for (const number of named.numbers) {
      const source = join(data.letters, segmentName(number));
      let into = number;
      if (before.has(number)) {
        if (isSame(database, number, source, join(letters, segmentName(number)))) {
          kept.add(segmentName(number));
          continue;
        }
        // The number was given again, after a restore: in the backup this segment has another.
        into = free;
        free += 1;
        renumber(database, number, into);
      }
      const name = segmentName(into);
      rmSync(join(letters, name), { force: true });
      if (linkOrCopy(source, join(letters, name)) === 'linked') linked += 1;
      kept.add(name);
      added += 1;
    }
    syncFolder(letters);
    database.exec('DETACH old');
    database.close();
    syncFile(index);
    renameSync(index, join(data.target, 'index.sqlite'));
    syncFolder(data.target);
    for (const name of files) if (!kept.has(name)) rmSync(join(letters, name), { force: true });
    syncFolder(letters);
    return { ...named.report, added, linked };
  } finally {
    if (database.isOpen) database.close();
  }
}

/** Whether the backup's file is that of the office: as long, and every letter that the office has in it was in it then. */
function isSame(database: DatabaseSync, number: number, source: string, there: string): boolean {
  const [from, into] = [source, there].map((path) => statSync(path, { throwIfNoEntry: false }));
  if (from === undefined || into === undefined) return false;
  if (from.ino === into.ino && from.dev === into.dev) return true;
  if (from.size !== into.size) return false;
  const other = database
    .prepare(
      `SELECT offset, sha256 FROM main.contents WHERE segment = ?1
       EXCEPT SELECT offset, sha256 FROM old.contents WHERE segment = ?1 LIMIT 1`,
    )
    .get(number);
  return other === undefined;
}

function renumber(database: DatabaseSync, number: number, into: number): void {
  inTransaction(database, 'BEGIN', () => {
    database
      .prepare(
        'INSERT INTO segments (number, octets, dead, damaged) SELECT ?, octets, dead, damaged FROM main.segments WHERE number = ?',
      )
      .run(into, number);
    database.prepare('UPDATE main.contents SET segment = ? WHERE segment = ?').run(into, number);
    database.prepare('DELETE FROM main.segments WHERE number = ?').run(number);
  });
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
