import type { Socket } from 'node:net';
import type { Clock, Timer } from '@restante/pop/server';
import { type Answer, QUESTION_LIMIT } from './protocol.ts';
import { Stream, type StreamEnd } from './stream.ts';

/** What a question comes to: an answer, and behind it, for letters, a stream. */
export interface Reply {
  readonly answer: Answer;
  readonly stream?: (stream: Stream) => StreamEnd;
}

export interface CallerOptions {
  readonly socket: Socket;
  readonly clock: Clock;
  /** How long it may ask nothing, or leave an answer untaken, in milliseconds. */
  readonly idle: number;
  /** Answers one question; never rejects. */
  readonly answer: (line: string) => Promise<Reply>;
  /** Told what nobody foresaw in a stream. */
  readonly onError: (thrown: unknown) => void;
  /** Told when the connection has ended and nothing is done for it any more. */
  readonly onGone: () => void;
}

/** One command line that has called: it asks one thing after another, each is answered before the next is looked at. */
export class Caller {
  readonly #options: CallerOptions;
  #pending: Buffer = Buffer.alloc(0);
  #timer: Timer | undefined;
  #idleSince: number | undefined;
  #working: Promise<void> | undefined;
  #leaving = false;
  #stream: Stream | undefined;
  readonly #hear = (octets: Buffer): void => {
    this.#pending = this.#pending.length === 0 ? octets : Buffer.concat([this.#pending, octets]);
    this.#next();
  };

  constructor(options: CallerOptions) {
    this.#options = options;
    const { socket, onGone } = options;
    socket.on('data', this.#hear);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#timer?.clear();
      if (this.#working === undefined) onGone();
    });
    this.#wait();
  }

  /** Since when it has been asking nothing; undefined while it is answered. */
  get idleSince(): number | undefined {
    return this.#idleSince;
  }

  /** Ends the connection. */
  dismiss(): void {
    this.#options.socket.destroy();
  }

  /** Lets the answer under way be finished and taken, then ends the connection. */
  async finish(): Promise<void> {
    this.#leaving = true;
    await this.#stream?.finish();
    await this.#working;
    this.dismiss();
  }

  #next(): void {
    if (this.#working !== undefined || this.#leaving) return;
    const end = this.#pending.indexOf('\n');
    const octets = end === -1 ? this.#pending.length : end;
    if (octets > QUESTION_LIMIT) this.dismiss();
    if (end === -1 || octets > QUESTION_LIMIT) return;
    const line = this.#pending.subarray(0, end).toString('utf8');
    this.#pending = this.#pending.subarray(end + 1);
    // Nothing more is read meanwhile; what came with this line stays pending.
    this.#options.socket.pause();
    this.#timer?.clear();
    this.#idleSince = undefined;
    this.#working = this.#work(line);
  }

  async #work(line: string): Promise<void> {
    const { socket, answer, onGone } = this.#options;
    const reply = await answer(line);
    const text = `${JSON.stringify(reply.answer)}\n`;
    if (!socket.destroyed) {
      this.#wait();
      await new Promise<void>((resolve) => {
        socket.once('close', resolve);
        socket.write(text, () => {
          socket.off('close', resolve);
          resolve();
        });
      });
    }
    if (reply.stream !== undefined) await this.#run(reply.stream);
    this.#working = undefined;
    if (socket.destroyed) return onGone();
    socket.resume();
    this.#next();
  }

  /** Hands the connection over to letters, to its end. */
  async #run(open: (stream: Stream) => StreamEnd): Promise<void> {
    const { socket, onError } = this.#options;
    this.#timer?.clear();
    this.#idleSince = undefined;
    socket.off('data', this.#hear);
    this.#stream = new Stream(socket);
    const over = this.#stream.run(open(this.#stream), this.#pending).catch(onError);
    if (this.#leaving) void this.#stream.finish();
    await over;
    this.dismiss();
  }

  /** From now on it is the command line's turn. */
  #wait(): void {
    const { clock, idle } = this.#options;
    this.#timer?.clear();
    this.#idleSince = clock.monotonic();
    this.#timer = clock.set(() => this.dismiss(), idle);
  }
}
