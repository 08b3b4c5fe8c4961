import { closeSync, fsync, lstatSync, mkdirSync, openSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { Failure, reasonOf } from '../../failure.ts';
import { failedWith, shown } from '../../import/file-octets.ts';
import { cannotWrite, syncPath } from '../../import/new-file.ts';

/** A folder of ours that is there while something is in it. Several processes may use it at once. */
export class StagingFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Makes a file, never through a link; what has its name is removed. Answers its descriptor; throws a Failure. */
  create(path: string): number {
    try {
      return this.#create(path);
    } catch (thrown) {
      throw cannotWrite(this.path, thrown);
    }
  }

  /** The names in it. Throws a Failure when it cannot be read. */
  names(): readonly string[] {
    try {
      return readdirSync(this.path);
    } catch (thrown) {
      if (failedWith(thrown, 'ENOENT')) return [];
      throw new Failure(`${shown(this.path)} cannot be read: ${reasonOf(thrown)}`);
    }
  }

  /** Removes it, if nothing is in it any more. */
  close(): void {
    try {
      rmdirSync(this.path);
    } catch {
      // Another process uses it, or something waits in it.
    }
  }

  #create(path: string): number {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return openSync(path, 'wx', 0o600);
      } catch (thrown) {
        if (attempt === 3) throw thrown;
        if (failedWith(thrown, 'EEXIST')) rmSync(path);
        // It was not needed so far, or another process had no more need of it.
        else if (failedWith(thrown, 'ENOENT')) this.#make();
        else throw thrown;
      }
    }
  }

  #make(): void {
    try {
      mkdirSync(this.path, { mode: 0o700 });
      syncPath(dirname(this.path));
    } catch (thrown) {
      if (!failedWith(thrown, 'EEXIST') || !lstatSync(this.path).isDirectory()) throw thrown;
    }
  }
}

/** Files that are worked on at once: the file system joins what it can. */
const AT_ONCE = 8;
const synced = promisify(fsync);

/** Makes a file, or what is in a folder, survive a power cut, while other work goes on. */
export async function syncFile(path: string): Promise<void> {
  const descriptor = openSync(path, 'r');
  try {
    await synced(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Removes a file that nobody sees. Never throws: what cannot be removed is swept by a later run. */
export function removeUnseen(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // See above.
  }
}

/** Removes files that nobody sees, while other work goes on: where a disk is told of what is free, that takes its time. */
export async function removeAllUnseen(paths: Iterable<string>): Promise<void> {
  await eachOf(paths, (path) => rm(path, { force: true }).catch(() => undefined));
}

/** Does something with each, several at once. All have come to an end when it rejects. */
export async function eachOf<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = waiting.next(); !next.done; next = waiting.next()) await work(next.value);
  };
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
