import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { Pop3Error } from './error.ts';

/** What a body tells the connection. */
export interface BodyOwner {
  /** So many octets were taken: there is room for others. */
  taken(octets: number): void;
  /** The reader wants no more. */
  left(): void;
}

type Waiting = { resolve(result: IteratorResult<Buffer>): void; reject(error: Pop3Error): void };

/**
 * The octets of a letter between connection and reader. Nothing is gathered but what has come and was not taken yet, and
 * the connection is not read further while that is too much.
 */
export class Body implements AsyncIterableIterator<Buffer> {
  readonly #owner: BodyOwner;
  readonly #chunks: Buffer[] = [];
  #waiting: Waiting | undefined;
  #over: 'whole' | 'left' | Pop3Error | undefined;
  #taken = false;

  constructor(owner: BodyOwner) {
    this.#owner = owner;
  }

  /** Whether nothing more belongs to it. */
  get isOver(): boolean {
    return this.#over !== undefined;
  }

  /** Whether somebody reads it, or has. */
  get isTaken(): boolean {
    return this.#taken;
  }

  /** Whether all of it has come, and was taken. */
  get readToItsEnd(): boolean {
    return this.#over === 'whole' && this.#chunks.length === 0;
  }

  push(octets: Buffer): void {
    const waiting = this.#waiting;
    if (waiting === undefined) {
      this.#chunks.push(octets);
    } else {
      this.#waiting = undefined;
      this.#owner.taken(octets.length);
      waiting.resolve({ done: false, value: octets });
    }
  }

  whole(): void {
    this.#over ??= 'whole';
    this.#waiting?.resolve({ done: true, value: undefined });
    this.#waiting = undefined;
  }

  /** What has come before is read first, so that a reader sees all there is, and then the error. */
  fail(error: Pop3Error): void {
    this.#over ??= error;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  /** Ends it before its time: what has come and was not taken is let go. */
  abort(error: Pop3Error): void {
    for (const chunk of this.#chunks.splice(0)) this.#owner.taken(chunk.length);
    this.fail(error);
  }

  /**
   * The reader goes. Octets that wait are let go. Where somebody else sends it away, `why` is what it hears: it must not
   * take what it has for the whole letter.
   */
  leave(why?: Pop3Error): void {
    const unfinished = this.#over === undefined;
    if (unfinished || this.#chunks.length > 0) this.#over = why ?? 'left';
    for (const chunk of this.#chunks.splice(0)) this.#owner.taken(chunk.length);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (why === undefined) waiting?.resolve({ done: true, value: undefined });
    else waiting?.reject(why);
    if (unfinished) this.#owner.left();
  }

  next(): Promise<IteratorResult<Buffer>> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      this.#owner.taken(chunk.length);
      return Promise.resolve({ done: false, value: chunk });
    }
    if (this.#over === 'whole' || this.#over === 'left') return Promise.resolve({ done: true, value: undefined });
    if (this.#over !== undefined) return Promise.reject(this.#over);
    if (this.#waiting !== undefined) throw new Error('a letter is read by one reader, one chunk after the other');
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<Buffer>> {
    this.leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    this.#take();
    return this;
  }

  /** As a web stream. */
  webStream(): ReadableStream<Uint8Array> {
    this.#take();
    // The global one: to import it loads all that Node has of web streams, which costs every start some milliseconds.
    return new globalThis.ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const { done, value } = await this.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: () => this.leave(),
      },
      { highWaterMark: 0 },
    );
  }

  /** As a stream of Node's. */
  nodeStream(): Readable {
    this.#take();
    const stream = new Readable({
      read: () => {
        this.next().then(
          ({ done, value }) => stream.push(done ? null : value),
          (error: Pop3Error) => stream.destroy(error),
        );
      },
      destroy: (error, done) => {
        this.leave();
        done(error);
      },
    });
    return stream;
  }

  #take(): void {
    if (this.#taken) throw new Error('the letter is being read already');
    this.#taken = true;
  }
}
