import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { MaybePromise } from '@restante/pop/maildrop';

/**
 * How letters cross the control socket, once a question has opened the way: frames, each of one octet that says what it
 * is, four for the length of what follows (big-endian), and that.
 */
export interface Frame {
  readonly kind: FrameKind;
  readonly payload: Buffer;
}

export const FRAME = {
  /** A letter begins; JSON. */
  letter: 0x4c,
  /** Its next octets. */
  octets: 0x4f,
  /** It is whole; no payload. */
  commit: 0x43,
  /** Nothing of it is wanted any more; no payload. */
  abort: 0x58,
  /** Something is asked in between; JSON. */
  question: 0x51,
  /** The answer to a question, by its id; JSON. */
  answer: 0x41,
  /** What became of a letter, by its number on this connection; JSON. */
  placed: 0x50,
  /** All has been said; no payload. */
  end: 0x45,
  /** It cannot go on, and why; JSON. */
  failure: 0x46,
} as const;

export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

/** Octets that one frame holds at most: some thousand keys of a question, or a piece of a letter. */
export const FRAME_LIMIT = 1024 * 1024;

const KINDS: ReadonlySet<number> = new Set(Object.values(FRAME));
const HEADER = 5;

/** What came is no frame: whoever sent it is no command line or office of ours. */
export class NoFrame extends Error {
  override readonly name = 'NoFrame';
}

/** Takes octets, cut anywhere, and gives frames. */
export class FrameReader {
  #held: Buffer[] = [];
  #length = 0;

  push(octets: Buffer): void {
    if (octets.length === 0) return;
    this.#held.push(octets);
    this.#length += octets.length;
  }

  /** The next frame; undefined until it is whole. Throws a {@link NoFrame}. Its payload is not copied. */
  next(): Frame | undefined {
    if (this.#length < HEADER) return undefined;
    const header = this.#front(HEADER);
    const kind = header[0] ?? 0;
    const length = header.readUInt32BE(1);
    if (!KINDS.has(kind) || length > FRAME_LIMIT) throw new NoFrame(`kind ${kind} of ${length} octets`);
    if (this.#length < HEADER + length) return undefined;
    const frame = this.#front(HEADER + length);
    this.#drop(HEADER + length);
    return { kind: kind as FrameKind, payload: frame.subarray(HEADER, HEADER + length) };
  }

  /** At least so many octets from the beginning, in one piece. */
  #front(octets: number): Buffer {
    const [first] = this.#held;
    if (first !== undefined && first.length >= octets) return first;
    const whole = Buffer.concat(this.#held);
    this.#held = [whole];
    return whole;
  }

  #drop(octets: number): void {
    const [first] = this.#held;
    if (first === undefined) return;
    if (first.length === octets) this.#held.shift();
    else this.#held[0] = first.subarray(octets);
    this.#length -= octets;
  }
}

/** Octets that are gathered before they are written: thousands of small frames a second must not be as many writes. */
const GATHERED = 64 * 1024;

/** Sends frames, many small ones in one write. */
export class FrameWriter {
  readonly #stream: Duplex;
  #parts: Uint8Array[] = [];
  #length = 0;
  #scheduled = false;

  constructor(stream: Duplex) {
    this.#stream = stream;
  }

  /** Sends one. Wait for the promise before the next: that is the back-pressure. What is lost shows on the stream. */
  send(kind: FrameKind, payload: Uint8Array = NOTHING): MaybePromise<void> {
    const header = Buffer.allocUnsafe(HEADER);
    header[0] = kind;
    header.writeUInt32BE(payload.length, 1);
    this.#parts.push(header, payload);
    this.#length += HEADER + payload.length;
    if (this.#length >= GATHERED) return this.flush();
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        void this.flush();
      });
    }
    return undefined;
  }

  sendJson(kind: FrameKind, value: unknown): MaybePromise<void> {
    return this.send(kind, Buffer.from(JSON.stringify(value)));
  }

  /** Sends a letter's octets, in as many frames as it takes. */
  sendOctets(octets: Uint8Array): MaybePromise<void> {
    if (octets.length <= FRAME_LIMIT) return this.send(FRAME.octets, octets);
    return this.#sendPieces(octets);
  }

  async #sendPieces(octets: Uint8Array): Promise<void> {
    for (let at = 0; at < octets.length; at += FRAME_LIMIT) {
      await this.send(FRAME.octets, octets.subarray(at, at + FRAME_LIMIT));
    }
  }

  /** Writes what was gathered; resolves when the stream takes more, or is gone. */
  flush(): MaybePromise<void> {
    if (this.#length === 0) return undefined;
    const parts = this.#parts;
    this.#parts = [];
    this.#length = 0;
    if (this.#stream.destroyed || this.#stream.write(Buffer.concat(parts))) return undefined;
    return drained(this.#stream);
  }
}

const NOTHING = Buffer.alloc(0);

async function drained(stream: Duplex): Promise<void> {
  const gone = new AbortController();
  const { signal } = gone;
  await Promise.race([once(stream, 'drain', { signal }), once(stream, 'close', { signal })]).catch(() => undefined);
  gone.abort();
}
