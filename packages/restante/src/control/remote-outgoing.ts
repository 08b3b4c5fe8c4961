import type { Socket } from 'node:net';
import { StoreError } from '@restante/pop/maildrop';
import type { Outgoing, OutgoingLetter } from '../import/outgoing.ts';
import type { LetterFrame } from './export-stream.ts';
import { FRAME, type Frame, FrameReader, FrameWriter } from './frames.ts';

/** A snapshot of an office that is open, over its control socket. */
export class RemoteOutgoing implements Outgoing {
  readonly count: number;
  readonly octets: number;
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  readonly #chunks: AsyncIterator<Buffer>;

  /** `early` came with the answer that opened the way, which said how much there is. */
  constructor(socket: Socket, early: Buffer, { count, octets }: { readonly count: number; readonly octets: number }) {
    this.#socket = socket;
    this.count = count;
    this.octets = octets;
    this.#reader.push(early);
    this.#chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async *letters(): AsyncGenerator<OutgoingLetter, void, void> {
    const writer = new FrameWriter(this.#socket);
    await writer.send(FRAME.question);
    await writer.flush();
    for (;;) {
      const frame = await this.#next();
      if (frame.kind === FRAME.end) return;
      const letter = JSON.parse(frame.payload.toString()) as LetterFrame;
      yield { ...letter, pieces: () => this.#pieces(letter.octets) };
    }
  }

  async close(): Promise<void> {
    this.#socket.destroy();
  }

  async *#pieces(octets: number): AsyncGenerator<Buffer, void, void> {
    for (let left = octets; left > 0; ) {
      const { payload } = await this.#next();
      left -= payload.length;
      yield payload;
    }
  }

  async #next(): Promise<Frame> {
    for (;;) {
      const frame = this.#reader.next();
      if (frame?.kind === FRAME.failure) {
        const { kind, message } = JSON.parse(frame.payload.toString());
        throw new StoreError(kind, message);
      }
      if (frame !== undefined) return frame;
      const { value, done } = await this.#chunks.next().catch(() => ({ value: undefined, done: true as const }));
      if (done === true || value === undefined) throw new StoreError('temporary', 'the office closed in the middle');
      this.#reader.push(value);
    }
  }
}
