import { Duplex } from 'node:stream';

/** How one side of a pair gets what the other one writes. */
export interface DuplexSide {
  /** Whether every octet comes as a read event of its own; default false: a write comes as it was written. */
  readonly cut?: boolean;
  /** Octets that may wait at this side unread, before the other one's writes are held up; default 16,384. */
  readonly highWaterMark?: number;
}

/**
 * Two ends of a connection in memory: what is written to one is read from the other, in a later turn of the event loop,
 * as from a socket. A side that is destroyed looks like a closed socket from the other one: end of input, then EPIPE.
 */
export function duplexPair(first: DuplexSide = {}, second: DuplexSide = {}): [MemorySocket, MemorySocket] {
  const pair: [MemorySocket, MemorySocket] = [new MemorySocket(first), new MemorySocket(second)];
  pair[0].peer = pair[1];
  pair[1].peer = pair[0];
  return pair;
}

type Written = (error?: Error | null) => void;

/** An end of a connection in memory: what is written to it can be read from its `peer`, and the reader's pace holds it up. */
export class MemorySocket extends Duplex {
  /** The other end. */
  peer!: MemorySocket;
  readonly #cut: boolean;
  /** What has arrived and was not handed to the reader yet. */
  readonly #arrived: { octets: Buffer; readonly written: Written }[] = [];
  #endArrived = false;
  #wanted = false;
  #scheduled = false;

  constructor({ cut = false, highWaterMark = 16_384 }: DuplexSide) {
    // One octet is as much as a cut side holds, so that a reader that asks late does not find two of them joined.
    super({ readableHighWaterMark: cut ? 1 : highWaterMark });
    this.#cut = cut;
  }

  /** Ends the connection as a reset does: what is under way is lost, and the other side gets an error. */
  resetAndDestroy(): this {
    const reset = failure('ECONNRESET', 'read ECONNRESET');
    this.peer.destroy(reset);
    return this.destroy();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, written: Written): void {
    if (this.peer.destroyed) written(failure('EPIPE', 'write EPIPE'));
    else if (chunk.length === 0) written();
    else this.peer.#arrive(chunk, written);
  }

  override _final(done: Written): void {
    this.peer.#endArrived = true;
    this.peer.#schedule();
    done();
  }

  override _read(): void {
    this.#wanted = true;
    this.#schedule();
  }

  override _destroy(error: Error | null, done: Written): void {
    for (const { written } of this.#arrived.splice(0)) written(failure('EPIPE', 'write EPIPE'));
    this.peer.#endArrived = true;
    this.peer.#schedule();
    done(error);
  }

  #arrive(octets: Buffer, written: Written): void {
    this.#arrived.push({ octets, written });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || !this.#wanted || !(this.#endArrived || this.#arrived.length > 0)) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.destroyed) this.#deliver();
    });
  }

  #deliver(): void {
    const [next] = this.#arrived;
    this.#wanted = false;
    if (next === undefined) {
      this.push(null);
    } else if (this.#cut && next.octets.length > 1) {
      const octet = next.octets.subarray(0, 1);
      next.octets = next.octets.subarray(1);
      this.push(octet);
    } else {
      this.#arrived.shift();
      this.push(next.octets);
      next.written();
    }
  }
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
