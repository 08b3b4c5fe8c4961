import { CR, LF, view } from './octets.ts';

/**
 * What {@link LineReader.next} found:
 *
 * - octets: one line without its line end, valid for as long as the caller likes
 * - `too-long`: a line above the limit has been passed over, up to and including its line end (P3-11)
 * - `bare-line-feed`: a line has a lone LF in it where that is refused (SM-21). Told as soon as the LF is seen; what
 *   follows up to the next CRLF belongs to the same line, is passed over, and never taken for a command
 * - `undefined`: no whole line yet
 */
export type Line = Buffer | 'too-long' | 'bare-line-feed' | undefined;

export interface LineReaderOptions {
  /** The longest line in octets, line end included. */
  readonly limit: number;
  /** Whether a lone LF ends a line too (P3-10). */
  readonly bareLineFeed: boolean;
}

/** Room for the beginning of a line that came in pieces; grows by doubling. */
const FIRST_ROOM = 256;
/** Chunks kept apart; beyond these they are joined, so that a peer's one-octet packets cost no object each. */
const MOST_CHUNKS = 64;

/**
 * Cuts octets into lines. A bare CR never ends one.
 *
 * Memory: what was pushed and not yet asked for, and at most `limit` octets of an unfinished line, however long the
 * peer's line is. Time: each octet is searched once, however it was cut on its way.
 */
export class LineReader {
  readonly #limit: number;
  readonly #bareLineFeed: boolean;
  /** Chunks that came while an earlier one was not used up, from `#head` on. */
  #queue: Buffer[] = [];
  #head = 0;
  #queued = 0;
  /** The chunk being cut, and where its unread part begins. */
  #chunk: Buffer | undefined;
  #at = 0;
  /** The beginning of an unfinished line, copied out of earlier chunks. */
  #partial: Buffer | undefined;
  #held = 0;
  /** Why the rest of the unfinished line is passed over. */
  #passing: 'too-long' | 'bare-line-feed' | undefined;
  /** While passing over: whether the last octet of the earlier chunks was CR. */
  #passedCR = false;

  constructor(options: LineReaderOptions) {
    this.#limit = options.limit;
    this.#bareLineFeed = options.bareLineFeed;
  }

  /** Octets that were pushed and are not part of a line handed out yet. */
  get pending(): number {
    return this.#queued + this.#held + (this.#chunk === undefined ? 0 : this.#chunk.length - this.#at);
  }

  /** Takes octets as they came. They must not be changed afterwards. */
  push(octets: Uint8Array): void {
    if (octets.length === 0) return;
    if (this.#chunk === undefined) {
      this.#chunk = view(octets);
      this.#at = 0;
      return;
    }
    this.#queue.push(view(octets));
    this.#queued += octets.length;
    if (this.#queue.length - this.#head > MOST_CHUNKS) {
      this.#queue = [Buffer.concat(this.#queue.slice(this.#head), this.#queued)];
      this.#head = 0;
    }
  }

  /** The next line. Ask until it answers `undefined`. */
  next(): Line {
    while (this.#chunk !== undefined) {
      const chunk = this.#chunk;
      const start = this.#at;
      const lineFeed = chunk.indexOf(LF, start);
      if (lineFeed < 0) {
        this.#keep(chunk, start);
        this.#advance(chunk.length);
        continue;
      }
      const afterCR = lineFeed > start ? chunk[lineFeed - 1] === CR : this.#endsWithCR();
      if (this.#passing === undefined && this.#held + lineFeed + 1 - start > this.#limit) this.#passOver('too-long');
      this.#advance(lineFeed + 1);
      if (afterCR || this.#bareLineFeed) {
        const line = this.#finish(chunk, start, lineFeed, afterCR);
        if (line === undefined) continue;
        return line;
      }
      this.#passedCR = false;
      if (this.#passing === undefined) {
        this.#passOver('bare-line-feed');
        return 'bare-line-feed';
      }
    }
    return undefined;
  }

  /** All octets that are not part of a line handed out yet; the reader is empty afterwards. For a switch of protocol. */
  takeRest(): Buffer {
    const parts: Buffer[] = [];
    if (this.#partial !== undefined) parts.push(this.#partial.subarray(0, this.#held));
    if (this.#chunk !== undefined) parts.push(this.#chunk.subarray(this.#at));
    parts.push(...this.#queue.slice(this.#head));
    this.#queue = [];
    this.#head = 0;
    this.#queued = 0;
    this.#chunk = undefined;
    this.#forget();
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }

  /** The line that ends with this LF; `undefined` if it was told of before. */
  #finish(chunk: Buffer, start: number, lineFeed: number, afterCR: boolean): Line {
    let line: Line;
    if (this.#passing !== undefined) {
      line = this.#passing === 'too-long' ? 'too-long' : undefined;
    } else if (this.#partial === undefined) {
      return chunk.subarray(start, afterCR ? lineFeed - 1 : lineFeed);
    } else {
      const partial = this.#room(this.#held + lineFeed - start);
      chunk.copy(partial, this.#held, start, lineFeed);
      line = partial.subarray(0, this.#held + lineFeed - start - (afterCR ? 1 : 0));
    }
    this.#forget();
    return line;
  }

  /** Keeps the rest of a chunk as the unfinished line, or passes it over once it is above the limit. */
  #keep(chunk: Buffer, start: number): void {
    const octets = chunk.length - start;
    if (octets === 0) return;
    // The LF is yet to come, so a line that fills the limit without one is above it.
    if (this.#passing === undefined && this.#held + octets >= this.#limit) this.#passOver('too-long');
    if (this.#passing !== undefined) {
      this.#passedCR = chunk[chunk.length - 1] === CR;
      return;
    }
    chunk.copy(this.#room(this.#held + octets), this.#held, start);
    this.#held += octets;
  }

  #room(octets: number): Buffer {
    if (this.#partial === undefined || this.#partial.length < octets) {
      const grown = Buffer.allocUnsafe(Math.max(octets, FIRST_ROOM, Math.min(this.#limit, this.#held * 2)));
      this.#partial?.copy(grown, 0, 0, this.#held);
      this.#partial = grown;
    }
    return this.#partial;
  }

  #passOver(why: 'too-long' | 'bare-line-feed'): void {
    this.#passing = why;
    this.#partial = undefined;
    this.#held = 0;
  }

  #forget(): void {
    this.#passing = undefined;
    this.#partial = undefined;
    this.#held = 0;
  }

  #endsWithCR(): boolean {
    if (this.#passing !== undefined) return this.#passedCR;
    return this.#partial !== undefined && this.#partial[this.#held - 1] === CR;
  }

  #advance(to: number): void {
    if (this.#chunk === undefined || to < this.#chunk.length) {
      this.#at = to;
      return;
    }
    this.#at = 0;
    this.#chunk = this.#queue[this.#head];
    if (this.#chunk === undefined) return;
    this.#queued -= this.#chunk.length;
    this.#head += 1;
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    }
  }
}
