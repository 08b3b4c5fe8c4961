import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { failedWith } from '../../import/file-octets.ts';
import { writeAll } from '../../import/new-file.ts';
import { mboxEntry } from './mbox-entry.ts';
import type { MboxFile } from './mbox-file.ts';
import { pieces } from './staged-file.ts';
import { removeUnseen, type StagingFolder, syncFile } from './staging-folder.ts';

/** What is about to be appended: noted durably before, so that what became of it can be told from the file itself. */
export interface AppendNote {
  readonly inode: number;
  /** Its octets before. */
  readonly before: number;
  /** What it ended with, {@link MboxFile.tail}. */
  readonly tail: string;
  /** Line ends that go in front. */
  readonly lineEnds: string;
  readonly entries: readonly NotedEntry[];
}

export interface NotedEntry {
  /** The staged file's name. It is removed when the entry is durable in the mbox file, and before the note is. */
  readonly name: string;
  readonly listed: number;
  /** Octets and SHA-256 of the entry. */
  readonly length: number;
  readonly sha256: string;
}

/**
 * What came of an entry: it is in the file; or it is not, nor ever was to be seen whole; or the file was changed
 * since by another program, which may have removed it.
 */
export type Outcome = 'complete' | 'incomplete' | 'not-known';

/** The note of what is appended, in the staging folder. Only who has the mbox file's lock touches it. */
export class AppendNotes {
  readonly #folder: StagingFolder;
  readonly #path: string;

  constructor(folder: StagingFolder) {
    this.#folder = folder;
    this.#path = `${folder.path}/append`;
  }

  /** The note of an append that is not known to be over. */
  read(): AppendNote | undefined {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (thrown) {
      if (failedWith(thrown, 'ENOENT', 'ENOTDIR')) return undefined;
      throw thrown;
    }
    // It got its name when it was durable, so it is whole.
    return JSON.parse(text) as AppendNote;
  }

  async write(note: AppendNote): Promise<void> {
    const draft = `${this.#path}.draft`;
    const descriptor = this.#folder.create(draft);
    try {
      writeAll(descriptor, Buffer.from(JSON.stringify(note)));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, this.#path);
    await syncFile(this.#folder.path);
  }

  /** It is over. That the staged files are gone must be durable before that the note is. */
  async clear(): Promise<void> {
    try {
      await syncFile(this.#folder.path);
      rmSync(this.#path);
    } catch (thrown) {
      if (!failedWith(thrown, 'ENOENT')) throw thrown;
    }
    removeUnseen(`${this.#path}.draft`);
  }

  pathOf({ name }: NotedEntry): string {
    return `${this.#folder.path}/${name}`;
  }

  /** The entry as it stands in the mbox file. */
  octetsOf(entry: Pick<NotedEntry, 'name' | 'listed'>): Generator<Buffer> {
    return mboxEntry(pieces(`${this.#folder.path}/${entry.name}`), entry.listed);
  }

  measure(entry: Pick<NotedEntry, 'name' | 'listed'>): NotedEntry {
    const digest = createHash('sha256');
    let length = 0;
    for (const piece of this.octetsOf(entry)) {
      digest.update(piece);
      length += piece.length;
    }
    return { ...entry, length, sha256: digest.digest('hex') };
  }
}
