import { closeSync, open, read } from 'node:fs';
import type { MaybePromise } from '@restante/pop/maildrop';
import { type DataFolder, isMissing, segmentPath } from './folder.ts';

interface OpenSegment {
  readonly descriptor: number;
  /** Reads under way: it is closed only when there are none. */
  reads: number;
  /** Not in the cache any more. */
  dropped: boolean;
}

/** The segment's file is not there: what was in it has been moved, or is gone. */
export class SegmentGone extends Error {
  override readonly name = 'SegmentGone';
}

/** The segment is shorter than the index says. */
export class SegmentShort extends Error {
  override readonly name = 'SegmentShort';
}

/**
 * Asynchronous reads from segments, with a bounded number of files kept open. A segment that is dropped while a read is
 * under way is still read: its file lives until the last descriptor is closed.
 */
export class SegmentReader {
  readonly #data: DataFolder;
  readonly #limit: number;
  /** In order of use, the longest unused one first. */
  readonly #open = new Map<number, OpenSegment | Promise<OpenSegment>>();

  constructor(data: DataFolder, limit: number) {
    this.#data = data;
    this.#limit = limit;
  }

  /** Fills `into` from the segment's octets at `offset` on. Rejects with SegmentGone or SegmentShort, or the system's error. */
  async read(segment: number, offset: number, into: Uint8Array): Promise<void> {
    const opened = this.#get(segment);
    const file = opened instanceof Promise ? await opened : opened;
    file.reads += 1;
    try {
      await fill(file.descriptor, into, offset);
    } finally {
      file.reads -= 1;
      if (file.dropped) release(file);
    }
  }

  /** Lets go of a segment that will not be read again. */
  drop(segment: number): void {
    const opened = this.#open.get(segment);
    if (opened === undefined) return;
    this.#open.delete(segment);
    if (opened instanceof Promise) opened.then(release, () => undefined);
    else release(opened);
  }

  close(): void {
    for (const segment of [...this.#open.keys()]) this.drop(segment);
  }

  #get(segment: number): MaybePromise<OpenSegment> {
    const known = this.#open.get(segment);
    if (known !== undefined) {
      this.#open.delete(segment);
      this.#open.set(segment, known);
      return known;
    }
    const opening: Promise<OpenSegment> = openFile(segmentPath(this.#data, segment)).then(
      (descriptor) => {
        const file: OpenSegment = { descriptor, reads: 0, dropped: false };
        // It may have been dropped while it was being opened, and even be open anew.
        if (this.#open.get(segment) === opening) this.#open.set(segment, file);
        return file;
      },
      (error: unknown) => {
        if (this.#open.get(segment) === opening) this.#open.delete(segment);
        throw isMissing(error) ? new SegmentGone(`segment ${segment} is not there`, { cause: error }) : error;
      },
    );
    this.#open.set(segment, opening);
    this.#shed();
    return opening;
  }

  #shed(): void {
    if (this.#open.size <= this.#limit) return;
    for (const segment of this.#open.keys()) {
      this.drop(segment);
      if (this.#open.size <= this.#limit) return;
    }
  }
}

function release(file: OpenSegment): void {
  file.dropped = true;
  // Closing takes no time worth a thread of the pool; nothing was written through it that could be lost.
  if (file.reads === 0) closeSync(file.descriptor);
}

function openFile(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    open(path, 'r', (error, descriptor) => (error ? reject(error) : resolve(descriptor)));
  });
}

function fill(descriptor: number, into: Uint8Array, offset: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (done: number): void => {
      read(descriptor, into, done, into.length - done, offset + done, (error, count) => {
        if (error) reject(error);
        else if (count === 0) reject(new SegmentShort(`${into.length - done} octets are missing`));
        else if (done + count === into.length) resolve();
        else next(done + count);
      });
    };
    next(0);
  });
}
