import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { type Clock, systemClock } from '@restante/pop/server';
import * as v from 'valibot';
import { Failure } from '../failure.ts';
import type { LetterDesk } from '../import/letter-desk.ts';
import type { Office } from '../office/office.ts';
import { Caller, type Reply } from './caller.ts';
import { ExportStream } from './export-stream.ts';
import { ImportStream } from './import-stream.ts';
import { type Answer, controlSocket, QUESTION, QUESTIONS, STREAMS, type StreamVerb, type Verb } from './protocol.ts';
import { withShortPath } from './short-path.ts';

/** Command lines that are served at once; each asks one thing and leaves. */
const CONNECTIONS = 16;

/** How long a command line may think: somebody sits before it and is asked whether they mean it. */
const IDLE = 5 * 60_000;

/** How long one that is turned away has to read why. */
const TURNED_AWAY = 1000;

const BUSY: Answer = {
  type: 'failure',
  message: `the office is answering ${CONNECTIONS} commands already: try again when one of them is done`,
};

export interface ControlServerOptions {
  readonly data: string;
  readonly office: Office;
  readonly letters: LetterDesk;
  /** Told what nobody foresaw. */
  readonly onError: (thrown: unknown) => void;
  readonly clock?: Clock;
}

/** Answers the command line for an office that is open. Only the one who holds the data folder's lock may open it. */
export class ControlServer {
  readonly #options: ControlServerOptions;
  readonly #server: Server;
  /** Oldest first. */
  readonly #callers = new Set<Caller>();

  private constructor(options: ControlServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#welcome(socket));
  }

  static async open(options: ControlServerOptions): Promise<ControlServer> {
    const control = new ControlServer(options);
    const path = controlSocket(options.data);
    // Whoever held the lock before is gone, so a socket that is still there is nobody's.
    rmSync(path, { force: true });
    const mask = process.umask(0o177);
    try {
      withShortPath(path, (short) => control.#server.listen(short));
    } finally {
      process.umask(mask);
    }
    await once(control.#server, 'listening');
    chmodSync(path, 0o600);
    return control;
  }

  /** Lets the answers under way be finished, then goes. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    rmSync(controlSocket(this.#options.data), { force: true });
    await Promise.all([...this.#callers].map((caller) => caller.finish()));
    await closed;
  }

  #welcome(socket: Socket): void {
    const { clock = systemClock } = this.#options;
    if (this.#callers.size >= CONNECTIONS && !this.#shed()) {
      socket.on('error', () => socket.destroy());
      socket.resume().end(`${JSON.stringify(BUSY)}\n`);
      clock.set(() => socket.destroy(), TURNED_AWAY);
      return;
    }
    const caller = new Caller({
      socket,
      clock,
      idle: IDLE,
      answer: (line) => this.#answer(line),
      onError: this.#options.onError,
      onGone: () => this.#callers.delete(caller),
    });
    this.#callers.add(caller);
  }

  /** Sends away whoever has been asking nothing for longest; answers whether there was anybody. */
  #shed(): boolean {
    let longest: Caller | undefined;
    for (const caller of this.#callers) {
      if ((caller.idleSince ?? Infinity) < (longest?.idleSince ?? Infinity)) longest = caller;
    }
    if (longest === undefined) return false;
    this.#callers.delete(longest);
    longest.dismiss();
    return true;
  }

  async #answer(line: string): Promise<Reply> {
    try {
      const { ask, with: request } = v.parse(QUESTION, JSON.parse(line));
      if (ask === 'import' || ask === 'export') return await this.#open(ask, request);
      return { answer: { type: 'done', value: await this.#ask(ask, request) } };
    } catch (thrown) {
      return { answer: this.#failure(thrown) };
    }
  }

  #failure(thrown: unknown): Answer {
    if (thrown instanceof Failure) return { type: 'failure', message: thrown.message };
    if (thrown instanceof v.ValiError || thrown instanceof SyntaxError) {
      return {
        type: 'failure',
        message: 'the office that is open does not know this: is it of another version? Restart it',
      };
    }
    this.#options.onError(thrown);
    return { type: 'failure', message: 'the office failed to do this: its log says why' };
  }

  /** Opens a way for letters. */
  async #open(verb: StreamVerb, request: unknown): Promise<Reply> {
    const account = v.parse(STREAMS[verb], request);
    const { letters } = this.#options;
    if (verb === 'import') {
      const intake = await letters.openIntake(account);
      return { answer: { type: 'done', value: {} }, stream: (stream) => new ImportStream(stream, intake) };
    }
    const outgoing = await letters.openOutgoing(account);
    const { count, octets } = outgoing;
    return {
      answer: { type: 'done', value: { count, octets } },
      stream: (stream) => new ExportStream(stream, outgoing),
    };
  }

  #ask<V extends Verb>(verb: V, request: unknown): ReturnType<Office[V]> {
    const method = this.#options.office[verb] as (request: unknown) => ReturnType<Office[V]>;
    return method.call(this.#options.office, v.parse(QUESTIONS[verb], request));
  }
}
