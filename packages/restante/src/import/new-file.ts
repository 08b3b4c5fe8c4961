import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failure, reasonOf } from '../failure.ts';
import { failedWith, shown } from './file-octets.ts';

/** Octets that are gathered before they are written. */
const GATHERED = 256 * 1024;

/** The name that something has until it is whole. */
export function draftOf(path: string): string {
  return `${path}.part-${randomBytes(4).toString('hex')}`;
}

/** A file that is written under a name that says that it is not whole, and never takes the place of another. */
export class NewFile {
  readonly #path: string;
  readonly #draft: string;
  readonly #descriptor: number;
  #parts: Uint8Array[] = [];
  #length = 0;
  #closed = false;
  #named = false;

  private constructor(path: string, draft: string, descriptor: number) {
    this.#path = path;
    this.#draft = draft;
    this.#descriptor = descriptor;
  }

  /** Throws a {@link Failure} when there is something of that name, or nothing can be made there. */
  static open(path: string): NewFile {
    refuseTaken(path);
    const draft = draftOf(path);
    try {
      return new NewFile(path, draft, openSync(draft, 'wx', 0o600));
    } catch (thrown) {
      throw cannotWrite(path, thrown);
    }
  }

  write(octets: Uint8Array): void {
    this.#parts.push(octets);
    this.#length += octets.length;
    if (this.#length >= GATHERED) this.#flush();
  }

  /** Makes it durable, and gives it its name. */
  finish(): void {
    try {
      this.#flush();
      fsyncSync(this.#descriptor);
      this.#close();
      giveName(this.#draft, this.#path);
      this.#named = true;
      syncPath(dirname(this.#path));
    } catch (thrown) {
      if (thrown instanceof Failure) throw thrown;
      throw cannotWrite(this.#path, thrown);
    }
  }

  /** Clears it away, also when it has its name already and what belongs to it could not be finished. */
  abandon(): void {
    this.#close();
    rmSync(this.#named ? this.#path : this.#draft, { force: true });
  }

  #flush(): void {
    const octets = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#length = 0;
    try {
      writeAll(this.#descriptor, octets);
    } catch (thrown) {
      throw cannotWrite(this.#path, thrown);
    }
  }

  #close(): void {
    if (!this.#closed) closeSync(this.#descriptor);
    this.#closed = true;
  }
}

/** Writes to its end, also where the system takes less at once. */
export function writeAll(descriptor: number, octets: Uint8Array): void {
  for (let at = 0; at < octets.length; ) at += writeSync(descriptor, octets, at);
}

/** What is in a folder survives a power cut; for a file, its octets do. */
export function syncPath(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Throws a {@link Failure} when there is something of that name. */
export function refuseTaken(path: string): void {
  if (existsSync(path)) throw taken(path);
}

export function cannotWrite(path: string, thrown: unknown): Failure {
  return new Failure(`${shown(path)} cannot be written: ${reasonOf(thrown)}`);
}

export function taken(path: string): Failure {
  return new Failure(`${shown(path)} is there already: nothing is ever written over, so choose another name`);
}

/** By a link, which never takes another's place; by renaming where the file system has no links. */
function giveName(draft: string, path: string): void {
  try {
    linkSync(draft, path);
    rmSync(draft);
  } catch (thrown) {
    if (failedWith(thrown, 'EEXIST')) throw taken(path);
    if (!failedWith(thrown, 'EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK')) throw thrown;
    refuseTaken(path);
    renameSync(draft, path);
  }
}
