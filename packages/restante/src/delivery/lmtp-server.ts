import { randomBytes } from 'node:crypto';
import { chmod, chown, lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import type { Duplex } from 'node:stream';
import type { Store } from '@restante/pop/maildrop';
import {
  type Clock,
  type Connection,
  Conversation,
  type Ending,
  type ListenAddress,
  Listener,
  type Listening,
  type Peer,
  systemClock,
} from '@restante/pop/server';
import { commandTimer } from './command-timer.ts';
import { DeliveryDesk, type DeskOptions } from './desk.ts';
import type { Answer, End, Question } from './effects.ts';
import { defaultLmtpLimits, type LmtpLimits } from './limits.ts';
import { IDLE_TOO_LONG, TOO_MANY_CONNECTIONS } from './replies.ts';
import type { DeliveryCommandReport, DeliveryReport, LmtpSessionReport } from './report.ts';
import type { Routes } from './routes.ts';
import { DeliverySession, type SessionOptions } from './session.ts';

/** What an LMTP server needs to know. Only `store` and `routes` have no default. */
export interface LmtpOptions {
  readonly store: Pick<Store, 'beginDelivery' | 'hasRoom'>;
  readonly routes: Routes;
  /** The name in greeting, hello and trace fields; default the machine's. */
  readonly hostname?: string;
  readonly limits?: Partial<LmtpLimits>;
  readonly clock?: Clock;
  /** What becomes of a letter with a CR or LF that stands alone (SM-21); default `refuse`. */
  readonly bareLineEnds?: 'refuse' | 'normalise';
  /** Whether `MAIL FROM: <address>` is let pass (SM-04); default no. */
  readonly spacesRoundColon?: boolean;
  /** Permissions of a unix socket's file, which say who may deliver; default 0o660. */
  readonly socketMode?: number;
  /** The number of the group that a unix socket's file is given to; default the process's own. */
  readonly socketGroup?: number;
  /** Told once a letter, when the last recipient has been answered. */
  readonly onDelivery?: (report: DeliveryReport) => void;
  /** Told once a session, when it ended. */
  readonly onSession?: (report: LmtpSessionReport) => void;
  /** Told of each command at its reply, for those who count and time them: it has to be quick. */
  readonly onCommand?: (report: DeliveryCommandReport) => void;
}

/** An address at which LMTP cannot be spoken; the message names the remedy. */
export class LmtpAddressError extends Error {
  override readonly name = 'LmtpAddressError';
}

/** Takes mail in by LMTP (RFC 2033). */
export class LmtpServer {
  readonly #listener: Listener;
  readonly #limits: LmtpLimits;
  readonly #clock: Clock;
  readonly #session: SessionOptions;
  readonly #desk: DeskOptions;
  readonly #onSession: ((report: LmtpSessionReport) => void) | undefined;
  readonly #onCommand: ((report: DeliveryCommandReport) => void) | undefined;
  readonly #socketMode: number;
  readonly #socketGroup: number | undefined;

  constructor(options: LmtpOptions) {
    const limits = { ...defaultLmtpLimits, ...options.limits };
    const clock = options.clock ?? systemClock;
    const name = options.hostname ?? hostname();
    this.#limits = limits;
    this.#clock = clock;
    this.#onSession = options.onSession;
    this.#onCommand = options.onCommand;
    this.#session = { hostname: name, limits, spacesRoundColon: options.spacesRoundColon ?? false };
    this.#desk = {
      store: options.store,
      routes: options.routes,
      hostname: name,
      letterLimit: limits.letter,
      bareLineEnds: options.bareLineEnds ?? 'refuse',
      clock,
      ...(options.onDelivery !== undefined && { onDelivery: options.onDelivery }),
    };
    this.#socketMode = options.socketMode ?? 0o660;
    this.#socketGroup = options.socketGroup;
    this.#listener = new Listener({
      clock,
      refusal: TOO_MANY_CONNECTIONS,
      limits: {
        connections: limits.connections,
        connectionsPerAddress: limits.connectionsPerAddress,
        // Nobody logs in.
        unauthenticated: Number.POSITIVE_INFINITY,
        // Nor begins TLS.
        handshake: 0,
        stalledReply: limits.stalledReply,
      },
      serve: (connection) => this.#serve(connection),
    });
  }

  /** Open connections. */
  get connections(): number {
    return this.#listener.connections;
  }

  /**
   * Listens there too; port 0 is any free one. Rejects with an {@link LmtpAddressError} on port 25 (LM-01), or where
   * another server answers on the socket file; with Node's error where the system says no.
   */
  async listen(address: ListenAddress): Promise<Listening> {
    if ('port' in address) {
      if (address.port === 25) {
        throw new LmtpAddressError(
          'port 25 belongs to SMTP (RFC 2033 §5): choose another port or a unix socket for LMTP',
        );
      }
      return this.#listener.listen(address);
    }
    await removeStaleSocket(address.path);
    const listening = await this.#listener.listen(address);
    await this.#admit(address.path);
    return listening;
  }

  /** The group first: until the mode is set, the file is its maker's alone wherever the umask says so. */
  async #admit(path: string): Promise<void> {
    if (this.#socketGroup !== undefined) {
      await chown(path, -1, this.#socketGroup).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EPERM') throw error;
        const group = this.#socketGroup;
        throw new LmtpAddressError(
          `this process is not in group ${group}, so it may not give ${path} to it: make its user a member, or name another group`,
        );
      });
    }
    await chmod(path, this.#socketMode);
  }

  /** Takes a connection that came some other way, under the same limits. */
  accept(stream: Duplex, peer: Peer): void {
    this.#listener.accept(stream, peer);
  }

  /** Stops listening, lets what has been asked be answered, and resolves when all connections are gone. */
  close(options?: { readonly deadline?: number }): Promise<void> {
    return this.#listener.close(options);
  }

  #serve(connection: Connection): void {
    const { idle, pendingInput, replyBacklog } = this.#limits;
    const session = randomBytes(8).toString('hex');
    const began = this.#clock.now();
    const machine = new DeliverySession(this.#session);
    if (this.#onCommand !== undefined) machine.watch = commandTimer(this.#onCommand);
    const desk = new DeliveryDesk(session, connection.peer, this.#desk);
    const report = ({ end, reason }: Ending<End>) =>
      this.#onSession?.({
        session,
        protocol: 'lmtp',
        peer: connection.peer,
        end,
        ...(reason !== undefined && { reason }),
        milliseconds: this.#clock.now() - began,
        octetsIn: connection.octetsIn,
        octetsOut: connection.octetsOut,
        commands: machine.commands,
        ...desk.tally,
      });
    const conversation = new Conversation<Question, Answer, End>(connection, {
      machine,
      perform: (question) => desk.perform(question),
      clock: this.#clock,
      pendingInput,
      replyBacklog,
      idle,
      farewell: IDLE_TOO_LONG,
      ended: (ending) => desk.leave(() => report(ending)),
    });
    conversation.start({ secure: false });
  }
}

/** Removes a socket file that a killed server left behind: only a socket, and only when nobody answers on it. */
async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return;
  if (!found.isSocket()) throw new LmtpAddressError(`${path} is there and no socket: remove it or choose another path`);
  if (await somebodyAnswers(path)) {
    throw new LmtpAddressError(`another server answers on ${path}: stop it or choose another path`);
  }
  await unlink(path);
}

function somebodyAnswers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false);
      else if (error.code === 'EAGAIN') resolve(true);
      else reject(error);
    });
  });
}
