import { createHash } from 'node:crypto';
import { closeSync, constants, existsSync, fstatSync, fsync, ftruncateSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../../failure.ts';
import { shown } from '../../import/file-octets.ts';
import { syncPath, writeAll } from '../../import/new-file.ts';

/** Octets that are read at once. */
const PIECE = 256 * 1024;
/** So many octets before a place tell whether the file is what it was. */
const TAIL = 4096;
const LF = 0x0a;
const CR = 0x0d;

const synced = promisify(fsync);

/** An mbox file that is open for appending. What the system says is thrown. */
export class MboxFile {
  readonly #descriptor: number;
  readonly inode: number;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.inode = fstatSync(descriptor).ino;
  }

  /** Makes it where it is missing. Throws a {@link Failure} when it is no regular file. */
  static open(path: string): MboxFile {
    const missing = !existsSync(path);
    const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
    const descriptor = openSync(path, flags, 0o600);
    try {
      if (!fstatSync(descriptor).isFile()) throw new Failure(`${shown(path)} is no regular file: name another`);
      if (missing) syncPath(dirname(path));
      return new MboxFile(descriptor);
    } catch (thrown) {
      closeSync(descriptor);
      throw thrown;
    }
  }

  get size(): number {
    return fstatSync(this.#descriptor).size;
  }

  append(octets: Uint8Array): void {
    writeAll(this.#descriptor, octets);
  }

  truncate(size: number): void {
    ftruncateSync(this.#descriptor, size);
  }

  sync(): Promise<void> {
    return synced(this.#descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** Octets from `start` to `end`, or to the file's end. */
  *pieces(start: number, end: number): Generator<Buffer> {
    for (let at = start; at < end; ) {
      const piece = this.read(at, Math.min(end, at + PIECE));
      if (piece.length === 0) return;
      at += piece.length;
      yield piece;
    }
  }

  /** Octets from `start` to `end`, fewer where the file ends before. */
  read(start: number, end: number): Buffer {
    const octets = Buffer.allocUnsafe(Math.max(0, end - start));
    let filled = 0;
    while (filled < octets.length) {
      const got = readSync(this.#descriptor, octets, filled, octets.length - filled, start + filled);
      if (got === 0) break;
      filled += got;
    }
    return octets.subarray(0, filled);
  }

  /** SHA-256 of a part of it. */
  digest(start: number, end: number): string {
    const digest = createHash('sha256');
    for (const piece of this.pieces(start, end)) digest.update(piece);
    return digest.digest('hex');
  }

  /** What the octets before a place are known by. */
  tail(end: number): string {
    return this.digest(Math.max(0, end - TAIL), end);
  }

  /** What is missing for an empty line at its end, before which a letter begins. */
  missingLineEnds(): '' | '\n' | '\n\n' {
    const end = this.size;
    const last = this.read(Math.max(0, end - 4), end).filter((octet) => octet !== CR);
    if (last.length === 0) return '';
    if (last.at(-1) !== LF) return '\n\n';
    return last.at(-2) === LF ? '' : '\n';
  }
}
