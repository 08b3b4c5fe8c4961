import { randomBytes } from 'node:crypto';
import { chmod, lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import type { Duplex } from 'node:stream';
import type { Store } from '@restante/pop/maildrop';
import { type Clock, type ListenAddress, Listener, type Listening, type Peer, systemClock } from '@restante/pop/server';
import { Conversation, type ConversationOptions } from './conversation.ts';
import { defaultLmtpLimits, type LmtpLimits } from './limits.ts';
import { TOO_MANY_CONNECTIONS } from './replies.ts';
import type { DeliveryReport, LmtpSessionReport } from './report.ts';
import type { Routes } from './routes.ts';

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
  /** Told once a letter, when the last recipient has been answered. */
  readonly onDelivery?: (report: DeliveryReport) => void;
  /** Told once a session, when it ended. */
  readonly onSession?: (report: LmtpSessionReport) => void;
}

/** An address at which LMTP cannot be spoken; the message names the remedy. */
export class LmtpAddressError extends Error {
  override readonly name = 'LmtpAddressError';
}

/** Takes mail in by LMTP (RFC 2033). */
export class LmtpServer {
  readonly #listener: Listener;
  readonly #socketMode: number;

  constructor(options: LmtpOptions) {
    const limits = { ...defaultLmtpLimits, ...options.limits };
    const clock = options.clock ?? systemClock;
    const shared: ConversationOptions = {
      store: options.store,
      routes: options.routes,
      hostname: options.hostname ?? hostname(),
      limits,
      clock,
      bareLineEnds: options.bareLineEnds ?? 'refuse',
      spacesRoundColon: options.spacesRoundColon ?? false,
      ...(options.onDelivery !== undefined && { onDelivery: options.onDelivery }),
      ...(options.onSession !== undefined && { onSession: options.onSession }),
    };
    this.#socketMode = options.socketMode ?? 0o660;
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
      serve: (connection) => new Conversation(connection, randomBytes(8).toString('hex'), shared).start(),
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
    await chmod(address.path, this.#socketMode);
    return listening;
  }

  /** Takes a connection that came some other way, under the same limits. */
  accept(stream: Duplex, peer: Peer): void {
    this.#listener.accept(stream, peer);
  }

  /** Stops listening, lets what has been asked be answered, and resolves when all connections are gone. */
  close(options?: { readonly deadline?: number }): Promise<void> {
    return this.#listener.close(options);
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
