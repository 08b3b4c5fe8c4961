import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { reasonOf } from '../failure.ts';
import { PIECE, Unreadable } from './source.ts';

/** A regular file, open for reading. Nothing else is ever opened: a link in a user's folder may lead anywhere. */
export class OpenFile {
  readonly #descriptor: number;
  readonly stats: Stats;

  private constructor(descriptor: number, stats: Stats) {
    this.#descriptor = descriptor;
    this.stats = stats;
  }

  /** Throws an {@link Unreadable}; `follow` says whether the path itself may be a symbolic link: one that the operator has named. */
  static open(path: string | Buffer, follow: boolean): OpenFile {
    let descriptor: number;
    try {
      // O_NONBLOCK: a FIFO that nobody writes to must not hold us up.
      const flags = constants.O_RDONLY | constants.O_NONBLOCK | (follow ? 0 : constants.O_NOFOLLOW);
      descriptor = openSync(path, flags);
    } catch (thrown) {
      throw unreadable(thrown);
    }
    const stats = fstatSync(descriptor);
    if (stats.isFile()) return new OpenFile(descriptor, stats);
    closeSync(descriptor);
    throw new Unreadable('it is no regular file', 'leave it, or put the letter itself in its place');
  }

  /** Octets from `start` to `end` (default: the file's end, however far that is by then). */
  *pieces(start = 0, end = Number.POSITIVE_INFINITY): Generator<Buffer, void, void> {
    for (let at = start; at < end; ) {
      const wanted = Math.min(PIECE, end - at);
      // One octet more than the file has shows that it has ended, without a second look.
      const room = Math.min(wanted, Math.max(1, this.stats.size + 1 - at));
      const piece = this.read(Buffer.allocUnsafe(room), at);
      if (piece.length === 0) return;
      at += piece.length;
      yield piece;
    }
  }

  /** Fills the buffer from there on; what is answered is shorter only at the file's end. */
  read(into: Buffer, at: number): Buffer {
    try {
      let filled = 0;
      while (filled < into.length) {
        const got = readSync(this.#descriptor, into, filled, into.length - filled, at + filled);
        if (got === 0) break;
        filled += got;
      }
      return into.subarray(0, filled);
    } catch (thrown) {
      throw unreadable(thrown);
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** Whether a system call failed with one of these. */
export function failedWith(thrown: unknown, ...codes: readonly string[]): boolean {
  return thrown instanceof Error && 'code' in thrown && codes.includes(String(thrown.code));
}

function unreadable(thrown: unknown): Unreadable {
  if (failedWith(thrown, 'ELOOP', 'EMLINK')) {
    return new Unreadable('it is a symbolic link, which may lead anywhere', 'put the letter itself in its place');
  }
  if (failedWith(thrown, 'EACCES', 'EPERM')) {
    return new Unreadable('permission denied', 'let the user who imports read it');
  }
  if (failedWith(thrown, 'ENOENT')) {
    return new Unreadable('it is not there', 'nothing, if its owner has deleted it; else see to its name');
  }
  return new Unreadable(`it cannot be read: ${reasonOf(thrown)}`, 'mend that');
}

/** A path in a message: the octets that are no printable UTF-8 show as escapes. */
export function shown(path: string | Buffer): string {
  const text = typeof path === 'string' ? path : path.toString('utf8');
  const whole = typeof path === 'string' || Buffer.from(text, 'utf8').equals(path);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not reach a terminal
  if (whole && !/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/.test(text)) return text;
  const octets = typeof path === 'string' ? Buffer.from(path) : path;
  return octets
    .toString('latin1')
    .replace(/[^ -~]|\\/g, (octet) => `\\x${octet.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
