import { setImmediate } from 'node:timers/promises';
import type { MaybePromise } from '@restante/pop/maildrop';
import type { Outgoing } from '../import/outgoing.ts';
import { FRAME, NoFrame } from './frames.ts';
import type { Stream, StreamEnd } from './stream.ts';

/** What an export says of each letter, before its octets. */
export interface LetterFrame {
  readonly number: number;
  readonly uniqueId: string;
  readonly octets: number;
  readonly arrived: number;
}

/** Letters after which others have their turn, however small they are. */
const SLICE = 100;

/** The office's end of an export: all letters, one after the other, as fast as the other side takes them. */
export class ExportStream implements StreamEnd {
  readonly #stream: Stream;
  readonly #outgoing: Outgoing;

  constructor(stream: Stream, outgoing: Outgoing) {
    this.#stream = stream;
    this.#outgoing = outgoing;
  }

  /** The other side says one thing, that it is ready. */
  take(frame: { readonly kind: number }): MaybePromise<void> {
    if (frame.kind !== FRAME.question) throw new NoFrame(`kind ${frame.kind} during an export`);
    return this.#sendAll();
  }

  leave(): Promise<void> {
    return this.#outgoing.close();
  }

  async #sendAll(): Promise<void> {
    const { writer } = this.#stream;
    for await (const { number, uniqueId, octets, arrived, pieces } of this.#outgoing.letters()) {
      const letter: LetterFrame = { number, uniqueId, octets, arrived };
      await writer.sendJson(FRAME.letter, letter);
      for await (const piece of pieces()) {
        await writer.sendOctets(piece);
        if (this.#stream.gone) return;
      }
      if (number % SLICE === 0) await setImmediate();
    }
    await writer.send(FRAME.end);
  }
}
