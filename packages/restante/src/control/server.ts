import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import * as v from 'valibot';
import { Failure } from '../failure.ts';
import type { Office } from '../office.ts';
import { type Answer, QUESTION, QUESTION_LIMIT, QUESTIONS, type Verb } from './protocol.ts';
import { withShortPath } from './short-path.ts';

/** Command lines that are served at once; each asks one thing and leaves. */
const CONNECTIONS = 16;

/** The control socket's path. */
export function controlSocket(data: string): string {
  return join(data, 'control.sock');
}

export interface ControlServerOptions {
  readonly data: string;
  readonly office: Office;
  /** Told what nobody foresaw. */
  readonly onError: (thrown: unknown) => void;
}

/** Answers the command line for an office that is open. Only the one who holds the data folder's lock may open it. */
export class ControlServer {
  readonly #options: ControlServerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #working = new Set<Promise<void>>();

  private constructor(options: ControlServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#welcome(socket));
    this.#server.maxConnections = CONNECTIONS;
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
    await Promise.all(this.#working);
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #welcome(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let pending = Buffer.alloc(0);
    socket.on('data', (octets: Buffer) => {
      pending = Buffer.concat([pending, octets]);
      const end = pending.indexOf('\n');
      if (end === -1) {
        if (pending.length > QUESTION_LIMIT) socket.destroy();
        return;
      }
      const line = pending.subarray(0, end).toString('utf8');
      pending = pending.subarray(end + 1);
      // One at a time: the next question is read when this one is answered.
      socket.pause();
      const work = this.#answer(line).then((answer) => {
        this.#working.delete(work);
        if (socket.destroyed) return;
        socket.write(`${JSON.stringify(answer)}\n`);
        socket.resume();
      });
      this.#working.add(work);
    });
  }

  async #answer(line: string): Promise<Answer> {
    try {
      const { ask, with: request } = v.parse(QUESTION, JSON.parse(line));
      return { type: 'done', value: await this.#ask(ask, request) };
    } catch (thrown) {
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
  }

  #ask<V extends Verb>(verb: V, request: unknown): ReturnType<Office[V]> {
    const method = this.#options.office[verb] as (request: unknown) => ReturnType<Office[V]>;
    return method.call(this.#options.office, v.parse(QUESTIONS[verb], request));
  }
}
