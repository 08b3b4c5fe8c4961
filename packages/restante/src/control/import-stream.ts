import { type Delivery, type MaybePromise, type Placed, StoreError, type StoreErrorKind } from '@restante/pop/maildrop';
import * as v from 'valibot';
import type { Intake } from '../import/intake.ts';
import { MOST_KEYS } from '../import/intake.ts';
import { FRAME, type Frame, NoFrame } from './frames.ts';
import type { Stream, StreamEnd } from './stream.ts';

const text = v.pipe(v.string(), v.maxLength(256));

/** How a letter begins. */
const LETTER = v.strictObject({
  key: text,
  arrived: v.pipe(v.number(), v.integer()),
  uniqueId: v.optional(text),
});

const list = v.pipe(v.array(text), v.maxLength(MOST_KEYS));

/** What may be asked in between. */
const QUESTION = v.variant('ask', [
  v.strictObject({ id: v.number(), ask: v.literal('imported'), of: list }),
  v.strictObject({ id: v.number(), ask: v.literal('given'), of: list }),
]);

/** What became of a letter; `number` counts the commits of the connection, from 1. */
export type PlacedFrame =
  | { readonly number: number; readonly placed: Placed }
  | { readonly number: number; readonly error: { readonly kind: StoreErrorKind; readonly message: string } };

/** Letters, and octets of them, that may be committed and not answered: beyond it nothing more is read. */
const WINDOW = { letters: 512, octets: 8 * 1024 * 1024 };

/**
 * The office's end of an import: letters come one after the other and are answered as they become durable, many at once. A
 * letter that is not committed when the connection ends is dropped.
 */
export class ImportStream implements StreamEnd {
  readonly #stream: Stream;
  readonly #intake: Intake;
  #delivery: Delivery | undefined;
  /** What its octets came to. */
  #octets = 0;
  /** Why the letter under way will not be kept: said at its commit. */
  #failure: StoreError | undefined;
  #number = 0;
  readonly #open = new Set<Promise<void>>();
  #openOctets = 0;

  constructor(stream: Stream, intake: Intake) {
    this.#stream = stream;
    this.#intake = intake;
  }

  take(frame: Frame): MaybePromise<void> {
    switch (frame.kind) {
      case FRAME.letter:
        return this.#begin(frame.payload);
      case FRAME.octets:
        return this.#write(frame.payload);
      case FRAME.commit:
        return this.#commit();
      case FRAME.abort:
        return this.#abort();
      case FRAME.question:
        return this.#answer(frame.payload);
      default:
        throw new NoFrame(`kind ${frame.kind} to an office`);
    }
  }

  /** The connection has ended, or is to end: what is committed is answered. */
  async leave(): Promise<void> {
    await this.#abort();
    await Promise.all(this.#open);
    await this.#intake.close();
  }

  #begin(payload: Buffer): void {
    if (this.#delivery !== undefined) throw new NoFrame('a letter within a letter');
    const { uniqueId, ...letter } = v.parse(LETTER, JSON.parse(payload.toString()));
    this.#delivery = this.#intake.begin(uniqueId === undefined ? letter : { ...letter, uniqueId });
    this.#octets = 0;
    this.#failure = undefined;
  }

  #write(octets: Buffer): MaybePromise<void> {
    this.#octets += octets.length;
    if (this.#failure !== undefined) return undefined;
    try {
      const written = this.#underWay.write(octets);
      return written instanceof Promise ? written.catch((thrown) => this.#fail(thrown)) : written;
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #commit(): MaybePromise<void> {
    const delivery = this.#underWay;
    this.#delivery = undefined;
    this.#number += 1;
    const number = this.#number;
    const octets = this.#octets;
    const failure = this.#failure;
    if (failure !== undefined) {
      void delivery.abort().catch(() => undefined);
      return this.#tell(number, failure);
    }
    const [answer] = delivery.commit();
    if (answer === undefined) throw new Error('commit answers one promise');
    this.#openOctets += octets;
    const done: Promise<void> = answer.then((placed) => {
      this.#open.delete(done);
      this.#openOctets -= octets;
      return this.#tell(number, placed);
    });
    this.#open.add(done);
    if (this.#open.size >= WINDOW.letters || this.#openOctets >= WINDOW.octets) return this.#room();
  }

  async #room(): Promise<void> {
    while (this.#open.size >= WINDOW.letters || this.#openOctets >= WINDOW.octets) await Promise.race(this.#open);
  }

  async #abort(): Promise<void> {
    const delivery = this.#delivery;
    this.#delivery = undefined;
    // A file that cannot be removed now is swept at the next start.
    await delivery?.abort().catch(() => undefined);
  }

  async #answer(payload: Buffer): Promise<void> {
    const { id, ask, of } = v.parse(QUESTION, JSON.parse(payload.toString()));
    const found = await (ask === 'imported' ? this.#intake.imported(of) : this.#intake.givenUniqueIds(of));
    return this.#stream.writer.sendJson(FRAME.answer, { id, found: [...found] });
  }

  #fail(thrown: unknown): void {
    this.#failure = StoreError.from(thrown);
  }

  #tell(number: number, result: Placed | StoreError): MaybePromise<void> {
    const frame: PlacedFrame =
      result instanceof StoreError
        ? { number, error: { kind: result.kind, message: result.message } }
        : { number, placed: result };
    return this.#stream.writer.sendJson(FRAME.placed, frame);
  }

  get #underWay(): Delivery {
    if (this.#delivery === undefined) throw new NoFrame('octets without a letter');
    return this.#delivery;
  }
}
