import { closeSync, fdatasyncSync, ftruncateSync, openSync, writevSync } from 'node:fs';
import type { FaultStep, Faults } from '../../faults.ts';
import { type DataFolder, segmentPath, syncFolder } from './folder.ts';

/** Where a record begins. */
export interface Place {
  readonly segment: number;
  readonly offset: number;
}

/** A record in the pieces that it lies in memory in. */
export type LetterRecord = readonly Uint8Array[];

/** More buffers than one writev takes on any system. */
const VECTOR = 512;

/**
 * The segment that is being written: records go behind one another, and nothing that was committed is touched
 * again. Every process begins a new one: an old file may be shared with a backup by a hard link.
 */
export class Appender {
  readonly #data: DataFolder;
  readonly #limit: number;
  readonly #faults: Faults;
  #next: number;
  #active: { readonly number: number; readonly descriptor: number } | undefined;
  /** Where the next record goes, and how far the segment is known to be on the disk. */
  #end = 0;
  #synced = 0;
  #newName = false;
  #unclaimed = 0;

  /** `last` is the highest segment number in use. */
  constructor(data: DataFolder, last: number, limit: number, faults: Faults) {
    this.#data = data;
    this.#next = last + 1;
    this.#limit = limit;
    this.#faults = faults;
  }

  /** The active segment's number; 0 when there is none. */
  get number(): number {
    return this.#active?.number ?? 0;
  }

  /** Where the active segment ends. */
  get end(): number {
    return this.#end;
  }

  /** Octets of the active segment, appended since the last {@link claim}: those of failed letters stay dead for good. */
  get unclaimed(): number {
    return this.#unclaimed;
  }

  /** What was appended so far is in the index now, as letters or as dead octets. */
  claim(): void {
    this.#unclaimed = 0;
  }

  /** A number for a file of its own. */
  takeNumber(): number {
    const number = this.#next;
    this.#next += 1;
    return number;
  }

  /** Appends the records to one segment and answers where each begins. They are not durable before {@link sync}. */
  append(records: readonly LetterRecord[]): Place[] {
    if (this.#active && this.#end >= this.#limit) this.seal();
    const { number, descriptor } = this.#active ?? this.#begin();
    const places: Place[] = [];
    let offset = this.#end;
    for (const record of records) {
      places.push({ segment: number, offset });
      for (const { length } of record) offset += length;
    }
    const pieces = records.flat();
    try {
      for (let first = 0, at = this.#end; first < pieces.length; first += VECTOR) {
        at = writeAll(descriptor, pieces.slice(first, first + VECTOR), at);
      }
    } catch (error) {
      this.#cutBack();
      throw error;
    }
    this.#unclaimed += offset - this.#end;
    this.#end = offset;
    return places;
  }

  /**
   * Makes what was appended durable, and the segment's name when it is new. After a failure nobody knows what of it is
   * on the disk, and asking again would be answered with a yes that means nothing (the kernel reports a lost write once):
   * the segment is given up at the last end that was known to be safe. `step` is where a test may make it fail or lie.
   */
  sync(step?: FaultStep): void {
    if (!this.#active || this.#synced === this.#end) return;
    try {
      if (step && this.#faults.at(step) === 'skip-sync') return;
      fdatasyncSync(this.#active.descriptor);
      if (this.#newName) syncFolder(this.#data.letters);
    } catch (error) {
      this.#end = this.#synced;
      this.seal();
      throw error;
    }
    if (this.#newName) this.#faults.at('segment.directory-synced');
    this.#newName = false;
    this.#synced = this.#end;
  }

  /** Ends the active segment: the next record begins a new one. */
  seal(): void {
    if (!this.#active) return;
    const { descriptor } = this.#active;
    this.#active = undefined;
    this.#end = 0;
    this.#synced = 0;
    this.#newName = false;
    this.#unclaimed = 0;
    try {
      closeSync(descriptor);
    } catch {
      // What is in the index was synced before: closing has nothing to say about it.
    }
  }

  #begin(): { readonly number: number; readonly descriptor: number } {
    const number = this.takeNumber();
    const descriptor = openSync(segmentPath(this.#data, number), 'wx', 0o600);
    this.#active = { number, descriptor };
    this.#newName = true;
    this.#faults.at('segment.created');
    return this.#active;
  }

  /** Takes back what a failed append has left behind the last record, so that a full disk gets its room back. */
  #cutBack(): void {
    if (!this.#active) return;
    try {
      ftruncateSync(this.#active.descriptor, this.#end);
    } catch {
      // It stays behind the end that the index knows; the next record goes to another segment.
      this.seal();
    }
  }
}

/** Writes all of it from `position` on, and answers the position behind it. */
function writeAll(descriptor: number, buffers: readonly Uint8Array[], position: number): number {
  let rest = buffers;
  let at = position;
  while (rest.length > 0) {
    let written = writevSync(descriptor, rest as Uint8Array[], at);
    at += written;
    let done = 0;
    while (done < rest.length && written >= (rest[done]?.length ?? 0)) {
      written -= rest[done]?.length ?? 0;
      done += 1;
    }
    // A short write: go on inside the buffer that it ended in.
    rest = rest.slice(done).map((buffer, index) => (index === 0 ? buffer.subarray(written) : buffer));
  }
  return at;
}
