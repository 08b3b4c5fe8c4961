import { crc32 } from 'node:zlib';
import { type MaybePromise, StoreError } from '@restante/pop/maildrop';
import type { ContentLocation, ContentReads } from '../index/sqlite/contents.ts';
import type { BoundLetter } from '../snapshot/bound.ts';
import { storeErrorOf } from '../writer/failure.ts';
import { BLOCK } from './measure.ts';
import { SegmentGone, type SegmentReader, SegmentShort } from './segments/reader.ts';

const NOTHING = new Uint8Array(0);

/** Hands letters over in slices, each proved sound before its first octet is handed over: damage is an error, never a wrong letter. */
export class LetterReader {
  readonly #contents: ContentReads;
  readonly #segments: SegmentReader;

  constructor(contents: ContentReads, segments: SegmentReader) {
    this.#contents = contents;
    this.#segments = segments;
  }

  /** The letter's octets from `from` on, to the end of a block; empty at the letter's end. Rejects with a StoreError. */
  read(letter: BoundLetter, from: number): MaybePromise<Uint8Array> {
    if (from === letter.octets) return NOTHING;
    if (!(from >= 0 && from < letter.octets)) throw new RangeError(`offset ${from} is not within the letter`);
    return this.#read(letter, from);
  }

  async #read(letter: BoundLetter, from: number): Promise<Uint8Array> {
    let location = this.#locate(letter);
    for (;;) {
      try {
        return await this.#slice(letter, location, from);
      } catch (error) {
        if (error instanceof SegmentShort) throw damage(location, error.message, error);
        if (!(error instanceof SegmentGone)) throw storeErrorOf(error);
        // The letter may have been moved between the look at the index and the look at the file.
        const now = this.#locate(letter);
        if (now.segment === location.segment) throw damage(location, error.message, error);
        location = now;
      }
    }
  }

  #locate(letter: BoundLetter): ContentLocation {
    const location = this.#look(letter.content);
    if (!location) throw new StoreError('permanent', 'the letter has been destroyed');
    if (location.octets + letter.traceOctets !== letter.octets) {
      throw damage(location, 'the index contradicts itself about the size');
    }
    return location;
  }

  #look(content: number): ContentLocation | undefined {
    try {
      return this.#contents.locate(content);
    } catch (error) {
      throw storeErrorOf(error);
    }
  }

  async #slice(letter: BoundLetter, location: ContentLocation, from: number): Promise<Uint8Array> {
    const { traceOctets, traceDistance, traceCheck } = letter;
    if (from >= traceOctets) return this.#block(location, from - traceOctets);
    const first = Math.min(BLOCK, location.octets);
    const slice = Buffer.allocUnsafe(traceOctets + first);
    const trace = slice.subarray(0, traceOctets);
    const content = slice.subarray(traceOctets);
    const start = location.offset - traceDistance;
    // With one recipient the trace fields stand directly in front of the content.
    if (traceDistance === traceOctets) await this.#segments.read(location.segment, start, slice);
    else {
      await this.#segments.read(location.segment, start, trace);
      if (first > 0) await this.#segments.read(location.segment, location.offset, content);
    }
    if (crc32(trace) !== traceCheck) throw damage(location, 'the trace fields are not what was stored');
    if (first > 0) verify(location, 0, content);
    return from === 0 ? slice : slice.subarray(from);
  }

  async #block(location: ContentLocation, from: number): Promise<Uint8Array> {
    const number = Math.floor(from / BLOCK);
    const start = number * BLOCK;
    const block = Buffer.allocUnsafe(Math.min(BLOCK, location.octets - start));
    await this.#segments.read(location.segment, location.offset + start, block);
    verify(location, number, block);
    return from === start ? block : block.subarray(from - start);
  }
}

function verify(location: ContentLocation, number: number, block: Buffer): void {
  const { checks } = location;
  const at = 4 * number;
  const expected =
    ((checks[at] ?? 0) |
      ((checks[at + 1] ?? 0) << 8) |
      ((checks[at + 2] ?? 0) << 16) |
      ((checks[at + 3] ?? 0) << 24)) >>>
    0;
  if (at + 4 > checks.length || crc32(block) !== expected) {
    throw damage(location, `block ${number} of the content is not what was stored`);
  }
}

function damage(location: ContentLocation, what: string, cause?: Error): StoreError {
  const { segment, offset } = location;
  return new StoreError('permanent', `damage in segment ${segment} at ${offset}: ${what}`, { cause });
}
