import type { Socket } from 'node:net';
import { type MaybePromise, StoreError } from '@restante/pop/maildrop';
import { FRAME, type Frame, FrameReader, FrameWriter } from './frames.ts';

/** What is done with the frames of one connection. */
export interface StreamEnd {
  /** Takes the next; until its promise resolves nothing more is read. What it throws ends the connection. */
  take(frame: Frame): MaybePromise<void>;
  /** No more will come. Called once; afterwards the connection ends. */
  leave(): Promise<void>;
}

/** The office's half of a connection over which letters go. */
export class Stream {
  readonly writer: FrameWriter;
  readonly #socket: Socket;
  #leaving = false;
  #over: Promise<void> | undefined;
  /** Wakes whoever waits for octets. */
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.writer = new FrameWriter(socket);
    for (const event of ['readable', 'end', 'close']) socket.on(event, () => this.#wake());
  }

  /** Whether nothing more should be sent. */
  get gone(): boolean {
    return this.#leaving || this.#socket.destroyed;
  }

  /**
   * Serves frames until the other side has gone, or {@link finish} is called. `early` came with the question already. Rejects
   * with what nobody foresaw; the other side is told then that it cannot go on.
   */
  run(end: StreamEnd, early: Buffer): Promise<void> {
    this.#over = this.#run(end, early);
    return this.#over;
  }

  /** Takes no more, lets what is under way be answered, and ends the connection. */
  async finish(): Promise<void> {
    this.#leaving = true;
    this.#wake();
    await this.#over?.catch(() => undefined);
  }

  async #run(end: StreamEnd, early: Buffer): Promise<void> {
    let left = false;
    try {
      await this.#serve(end, early);
      left = true;
      await end.leave();
      await this.writer.flush();
    } catch (thrown) {
      if (!left) await end.leave();
      if (!this.#socket.destroyed) {
        const { kind, message } = StoreError.from(thrown);
        const known = thrown instanceof StoreError;
        await this.writer.sendJson(FRAME.failure, known ? { kind, message } : UNKNOWN);
        await this.writer.flush();
      }
      if (!(thrown instanceof StoreError)) throw thrown;
    } finally {
      this.#socket.destroySoon();
    }
  }

  async #serve(end: StreamEnd, early: Buffer): Promise<void> {
    const reader = new FrameReader();
    reader.push(early);
    for (;;) {
      for (let frame = reader.next(); frame !== undefined && !this.#leaving; frame = reader.next()) {
        const taken = end.take(frame);
        if (taken instanceof Promise) await taken;
      }
      if (this.#leaving) return;
      const octets = await this.#more();
      if (octets === undefined) return;
      reader.push(octets);
    }
  }

  /** The next octets; undefined when none will come any more, or are wanted. */
  async #more(): Promise<Buffer | undefined> {
    const socket = this.#socket;
    for (;;) {
      if (this.#leaving || socket.destroyed) return undefined;
      const octets = socket.read() as Buffer | null;
      if (octets !== null) return octets;
      if (socket.readableEnded) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

const UNKNOWN = { kind: 'temporary', message: 'the office failed to do this: its log says why' };
