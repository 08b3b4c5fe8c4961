import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Duplex } from 'node:stream';
import type { Store } from '@restante/pop/maildrop';
import {
  type Clock,
  type Connection,
  Conversation,
  type Ending,
  type Entrance,
  type ListenAddress,
  Listener,
  type Listening,
  type Peer,
  type ProxyOptions,
  ServerTls,
  systemClock,
  type TlsSource,
} from '@restante/pop/server';
import { commandTimer } from './command-timer.ts';
import { DeliveryDesk, type DeskOptions } from './desk.ts';
import type { Answer, End, Question } from './effects.ts';
import { type DeliveryLimits, defaultDeliveryLimits } from './limits.ts';
import { ListenAddressError } from './listen-address-error.ts';
import type { Protocol } from './protocol.ts';
import type { OverQuota } from './replies.ts';
import { IDLE_TOO_LONG, TOO_MANY_CONNECTIONS } from './replies.ts';
import type { DeliveryCommandReport, DeliveryReport, DeliverySessionReport } from './report.ts';
import type { Routes } from './routes.ts';
import { DeliverySession, type SessionOptions } from './session.ts';
import { admitToSocket, removeStaleSocket, type SocketAccess } from './socket-file.ts';

/** What a server that takes mail in needs to know. Only `protocol`, `store` and `routes` have no default. */
export interface MailServerOptions {
  readonly protocol: Protocol;
  readonly store: Pick<Store, 'beginDelivery' | 'hasRoom' | 'reserve'>;
  readonly routes: Routes;
  /** The name in greeting, hello and trace fields; default the machine's. */
  readonly hostname?: string;
  readonly limits?: Partial<DeliveryLimits>;
  /** Whether peers on this machine are exempt from `connectionsPerAddress`; default true. */
  readonly loopbackExempt?: boolean;
  /** Where a proxy stands before the server: it says who calls, and what it says is believed. */
  readonly proxy?: ProxyOptions;
  readonly clock?: Clock;
  /** Certificate and key for STARTTLS, which is not offered without. */
  readonly tls?: TlsSource;
  /** What becomes of a letter with a CR or LF that stands alone (SM-21); default `refuse`. */
  readonly bareLineEnds?: 'refuse' | 'normalise';
  /** Whether `MAIL FROM: <address>` is let pass (SM-04); default no. */
  readonly spacesRoundColon?: boolean;
  /** What the sender is told of a mailbox that is full (SM-35): to come again, or never; default `later`. */
  readonly overQuota?: OverQuota;
  /** Permissions of a unix socket's file, which say who may deliver; default 0o660. */
  readonly socketMode?: number;
  /** The number of the group that a unix socket's file is given to; default the process's own. */
  readonly socketGroup?: number;
  /** Told once a letter, when the last recipient has been answered. */
  readonly onDelivery?: (report: DeliveryReport) => void;
  /** Told once a session, when it ended. */
  readonly onSession?: (report: DeliverySessionReport) => void;
  /** Told of each command at its reply, for those who count and time them: it has to be quick. */
  readonly onCommand?: (report: DeliveryCommandReport) => void;
}

/** Takes mail in, by SMTP (RFC 5321) or LMTP (RFC 2033). */
export class MailServer {
  readonly #protocol: Protocol;
  readonly #listener: Listener;
  readonly #limits: DeliveryLimits;
  readonly #clock: Clock;
  readonly #session: SessionOptions;
  readonly #desk: DeskOptions;
  readonly #onSession: ((report: DeliverySessionReport) => void) | undefined;
  readonly #onCommand: ((report: DeliveryCommandReport) => void) | undefined;
  readonly #socket: SocketAccess;

  constructor(options: MailServerOptions) {
    const { protocol } = options;
    const limits = { ...defaultDeliveryLimits, ...options.limits };
    const clock = options.clock ?? systemClock;
    const name = options.hostname ?? hostname();
    const tls = options.tls === undefined ? undefined : new ServerTls(options.tls);
    this.#protocol = protocol;
    this.#limits = limits;
    this.#clock = clock;
    this.#onSession = options.onSession;
    this.#onCommand = options.onCommand;
    this.#session = {
      protocol,
      hostname: name,
      limits,
      certificate: tls !== undefined,
      spacesRoundColon: options.spacesRoundColon ?? false,
      overQuota: options.overQuota ?? 'later',
    };
    this.#desk = {
      protocol,
      store: options.store,
      routes: options.routes,
      hostname: name,
      letterLimit: limits.letter,
      bareLineEnds: options.bareLineEnds ?? 'refuse',
      clock,
      ...(options.onDelivery !== undefined && { onDelivery: options.onDelivery }),
    };
    this.#socket = {
      mode: options.socketMode ?? 0o660,
      ...(options.socketGroup !== undefined && { group: options.socketGroup }),
    };
    this.#listener = new Listener({
      clock,
      ...(tls !== undefined && { tls }),
      refusal: TOO_MANY_CONNECTIONS,
      limits: {
        connections: limits.connections,
        connectionsPerAddress: limits.connectionsPerAddress,
        // Nobody logs in.
        unauthenticated: Number.POSITIVE_INFINITY,
        handshake: limits.handshake,
        stalledReply: limits.stalledReply,
      },
      loopbackExempt: options.loopbackExempt ?? true,
      ...(options.proxy !== undefined && { proxy: options.proxy }),
      serve: (connection) => this.#serve(connection),
    });
  }

  /** Open connections. */
  get connections(): number {
    return this.#listener.connections;
  }

  /**
   * Listens there too; port 0 is any free one. Rejects with a {@link ListenAddressError} on port 25 unless it is SMTP's
   * (LM-01), or where another server answers on the socket file; with Node's error where the system says no.
   */
  async listen(address: ListenAddress, entrance?: Pick<Entrance, 'proxied'>): Promise<Listening> {
    if ('port' in address) {
      if (address.port === 25 && !this.#protocol.port25) {
        throw new ListenAddressError(
          `port 25 belongs to SMTP (RFC 2033 §5): choose another port or a unix socket for ${this.#protocol.name}`,
        );
      }
      return this.#listener.listen(address, entrance);
    }
    await removeStaleSocket(address.path);
    const listening = await this.#listener.listen(address, entrance);
    await admitToSocket(address.path, this.#socket);
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

  #serve(connection: Connection): void {
    const { idle, pendingInput, replyBacklog } = this.#limits;
    const session = randomBytes(8).toString('hex');
    const began = this.#clock.monotonic();
    const machine = new DeliverySession(this.#session);
    if (this.#onCommand !== undefined) machine.watch = commandTimer(this.#onCommand);
    const desk = new DeliveryDesk(session, connection, this.#desk);
    const report = ({ end, reason }: Ending<End>) =>
      this.#onSession?.({
        session,
        protocol: this.#protocol.label,
        peer: connection.peer,
        end,
        ...(reason !== undefined && { reason }),
        milliseconds: this.#clock.monotonic() - began,
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
