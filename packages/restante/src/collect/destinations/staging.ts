import { hash } from 'node:crypto';
import { closeSync, fsync, lstatSync, mkdirSync, openSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../../failure.ts';
import { failedWith, shown } from '../../import/file-octets.ts';
import { cannotWrite, syncPath } from '../../import/new-file.ts';
import type { IncomingLetter } from './destination.ts';
import { StagedFile } from './staged-file.ts';
import type { AtStep } from './steps.ts';

/** Files that are made durable at once: the file system joins what it can. */
const SYNCS = 8;

/**
 * The folder in which letters lie until they are where they belong, on the same file system, so that a rename publishes
 * one. Several processes may use it, each for maildrops of its own: a file's name says of which maildrop it is, and only
 * who has that maildrop's journal touches it.
 */
export class Staging {
  readonly #folder: string;
  readonly #at: AtStep;
  /** Maildrops whose leftovers are swept. */
  readonly #swept = new Set<string>();

  constructor(folder: string, at: AtStep) {
    this.#folder = folder;
    this.#at = at;
  }

  /** Begins to take a letter. What an earlier attempt left of it, and of its maildrop, goes first: `settle` was asked before. */
  open(letter: IncomingLetter): StagedFile {
    if (!this.#swept.has(letter.mailbox)) this.sweep(letter.mailbox);
    return new StagedFile(this.pathOf(letter), (path) => this.#create(path), this.#at);
  }

  /** Where a letter lies while it is staged. */
  pathOf(letter: Pick<IncomingLetter, 'mailbox' | 'key'>): string {
    return `${this.#folder}/${maildropHash(letter.mailbox)}.${letterHash(letter)}`;
  }

  /** Makes files, and that they are there, survive a power cut. */
  async sync(letters: readonly Pick<IncomingLetter, 'mailbox' | 'key'>[]): Promise<void> {
    if (letters.length === 0) return;
    const waiting = letters.values();
    const worker = async (): Promise<void> => {
      for (const letter of waiting) {
        this.#at('prepare.before-sync');
        await syncFile(this.pathOf(letter));
      }
    };
    try {
      // All have come to an end when one has failed: the caller may remove files then.
      const ends = await Promise.allSettled(Array.from({ length: SYNCS }, worker));
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
      await syncFile(this.#folder);
      this.#at('prepare.synced');
    } catch (thrown) {
      throw cannotWrite(this.#folder, thrown);
    }
  }

  /** Removes what is staged of a letter, if anything is. Never throws: what cannot be removed is swept by a later run. */
  discard(letter: Pick<IncomingLetter, 'mailbox' | 'key'>): void {
    remove(this.pathOf(letter));
  }

  /** Removes all that is staged of a maildrop. */
  sweep(mailbox: string): void {
    this.#swept.add(mailbox);
    const prefix = `${maildropHash(mailbox)}.`;
    for (const name of this.#names()) if (name.startsWith(prefix)) remove(`${this.#folder}/${name}`);
  }

  /** Removes the folder, if nothing is in it any more. */
  close(): void {
    try {
      rmdirSync(this.#folder);
    } catch {
      // Another process uses it, or something waits in it for `settle`.
    }
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.#folder);
    } catch (thrown) {
      if (failedWith(thrown, 'ENOENT')) return [];
      throw new Failure(`${shown(this.#folder)} cannot be read: ${thrown instanceof Error ? thrown.message : thrown}`);
    }
  }

  #create(path: string): number {
    try {
      return this.#createIn(path);
    } catch (thrown) {
      throw cannotWrite(this.#folder, thrown);
    }
  }

  /** Never through a link, nor into what is there. */
  #createIn(path: string): number {
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
      mkdirSync(this.#folder, { mode: 0o700 });
      syncPath(dirname(this.#folder));
    } catch (thrown) {
      if (!failedWith(thrown, 'EEXIST')) throw thrown;
      if (!lstatSync(this.#folder).isDirectory()) throw thrown;
    }
  }
}

/** 128 bits that stand for a letter, whatever octets its unique-id has. */
export function letterHash({ mailbox, key }: Pick<IncomingLetter, 'mailbox' | 'key'>): string {
  return hash('sha256', `${mailbox}\0${key}`, 'hex').slice(0, 32);
}

function maildropHash(mailbox: string): string {
  return hash('sha256', mailbox, 'hex').slice(0, 16);
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Nobody sees it.
  }
}

const synced = promisify(fsync);

/** A file or a folder. Opening costs little beside it, and descriptors that are kept may run out. */
export async function syncFile(path: string): Promise<void> {
  const descriptor = openSync(path, 'r');
  try {
    await synced(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
