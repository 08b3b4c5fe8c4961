import type { Socket } from 'node:net';
import { type Delivery, type MaybePromise, type Placed, StoreError } from '@restante/pop/maildrop';
import type { Intake, IntakeLetter } from '../import/intake.ts';
import { FRAME, FrameReader, FrameWriter } from './frames.ts';
import type { PlacedFrame } from './import-stream.ts';

type Result = Placed | StoreError;

/** A maildrop of an office that is open, over its control socket. */
export class RemoteIntake implements Intake {
  readonly #socket: Socket;
  readonly #writer: FrameWriter;
  readonly #reader = new FrameReader();
  readonly #questions = new Map<number, PromiseWithResolvers<ReadonlySet<string>>>();
  readonly #letters = new Map<number, (result: Result) => void>();
  #asked = 0;
  #committed = 0;
  #failure: StoreError | undefined;

  /** `early` came with the answer that opened the way. */
  constructor(socket: Socket, early: Buffer) {
    this.#socket = socket;
    this.#writer = new FrameWriter(socket);
    socket.on('data', (octets: Buffer) => this.#hear(octets));
    socket.on('close', () => this.#fail(LOST));
    socket.on('error', () => this.#fail(LOST));
    this.#hear(early);
    // Whoever asked the question has paused it.
    socket.resume();
  }

  imported(keys: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#ask('imported', keys);
  }

  givenUniqueIds(uniqueIds: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#ask('given', uniqueIds);
  }

  begin(letter: IntakeLetter): Delivery {
    this.#writer.sendJson(FRAME.letter, letter);
    return {
      write: (octets) => this.#write(octets),
      commit: () => [this.#commit()],
      abort: async () => {
        await this.#writer.send(FRAME.abort);
      },
    };
  }

  async close(): Promise<void> {
    await this.#writer.flush();
    this.#socket.destroy();
  }

  #write(octets: Uint8Array): MaybePromise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#writer.sendOctets(octets);
  }

  #commit(): Promise<Result> {
    if (this.#failure !== undefined) return Promise.resolve(this.#failure);
    this.#committed += 1;
    const { promise, resolve } = Promise.withResolvers<Result>();
    this.#letters.set(this.#committed, resolve);
    void this.#writer.send(FRAME.commit);
    return promise;
  }

  #ask(ask: 'imported' | 'given', of: readonly string[]): Promise<ReadonlySet<string>> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#asked += 1;
    const question = Promise.withResolvers<ReadonlySet<string>>();
    this.#questions.set(this.#asked, question);
    this.#writer.sendJson(FRAME.question, { id: this.#asked, ask, of });
    return question.promise;
  }

  #hear(octets: Buffer): void {
    try {
      this.#understand(octets);
    } catch {
      this.#fail(new StoreError('temporary', 'the office that is open is of another version: restart it'));
      this.#socket.destroy();
    }
  }

  #understand(octets: Buffer): void {
    this.#reader.push(octets);
    for (let frame = this.#reader.next(); frame !== undefined; frame = this.#reader.next()) {
      const said = JSON.parse(frame.payload.toString());
      if (frame.kind === FRAME.answer) {
        this.#questions.get(said.id)?.resolve(new Set(said.found as string[]));
        this.#questions.delete(said.id);
      } else if (frame.kind === FRAME.placed) this.#settle(said as PlacedFrame);
      else this.#fail(new StoreError(said.kind, said.message));
    }
  }

  #settle(frame: PlacedFrame): void {
    const settle = this.#letters.get(frame.number);
    this.#letters.delete(frame.number);
    settle?.('placed' in frame ? frame.placed : new StoreError(frame.error.kind, frame.error.message));
  }

  /** Whoever still waits learns that it cannot be told: the same letter may be sent again, and is placed once. */
  #fail(failure: StoreError): void {
    this.#failure ??= failure;
    for (const settle of this.#letters.values()) settle(this.#failure);
    for (const question of this.#questions.values()) question.reject(this.#failure);
    this.#letters.clear();
    this.#questions.clear();
  }
}

const LOST = new StoreError('temporary', 'the office closed in the middle');
