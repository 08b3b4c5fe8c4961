import { randomBytes } from 'node:crypto';
import { hostname as machineName } from 'node:os';
import type { Duplex } from 'node:stream';
import type { Answer, End, Question } from '../pop3/effects.ts';
import { pop3Service } from '../pop3/service.ts';
import { Session } from '../pop3/session.ts';
import { login } from '../sasl/login.ts';
import { plain } from '../sasl/plain.ts';
import { systemClock } from './clock.ts';
import { commandTimer } from './command-timer.ts';
import type { Connection } from './connection.ts';
import { Conversation } from './conversation.ts';
import { pop3Limits } from './limits.ts';
import { type Entrance, type ListenAddress, Listener, type Listening } from './listener.ts';
import type { Peer } from './peer.ts';
import { Pop3Desk } from './pop3-desk.ts';
import type { Pop3Options } from './pop3-options.ts';
import { ServerTls } from './tls.ts';

/** Where to listen; the port may be left to the RFCs. */
export type Pop3Address = ListenAddress | { readonly host?: string };

/** A running POP3 server. */
export interface Pop3Server {
  /**
   * Listens there too; with `secure`, TLS comes first (RFC 8314 §3). Without a port it is POP3's own, 110, or 995 with
   * `secure` (P3-01, TLS-01). Resolves to where it listens, with the port that was given for 0. Rejects with Node's
   * error (`EADDRINUSE`, …) when it cannot.
   */
  listen(address: Pop3Address, options?: Entrance): Promise<Listening>;
  /** Runs a session on a connection that came some other way. */
  accept(stream: Duplex, peer: Peer, options?: Entrance): void;
  /** Open sessions. */
  readonly sessions: number;
  /**
   * Stops listening. Idle sessions close at once, replies under way are finished; what is left after the deadline
   * (milliseconds, default 10,000) is cut off. Later calls answer the first one's promise.
   */
  close(options?: { readonly deadline?: number }): Promise<void>;
}

/** As IANA has them (RFC 1939 §3, RFC 8314 §3.1). */
const POP3_PORT = 110;
const POP3S_PORT = 995;

const REFUSAL = '-ERR [SYS/TEMP] too many connections, try again later\r\n';

/**
 * A POP3 server over whatever `openMaildrop` opens.
 *
 * ```ts
 * const server = createPop3Server({ authenticate, openMaildrop });
 * await server.listen({ host: '127.0.0.1', port: 1110 });
 * ```
 *
 * Throws a TypeError or RangeError when an option cannot be.
 */
export function createPop3Server(options: Pop3Options): Pop3Server {
  const limits = pop3Limits(options.limits);
  const clock = options.clock ?? systemClock;
  const hostname = options.hostname ?? machineName();
  const loopbackExempt = options.loopbackExempt ?? true;
  const cleartext = options.cleartext ?? ((peer: Peer) => peer.loopback);
  const tls = options.tls === undefined ? undefined : new ServerTls(options.tls, 'pop3');
  const service = pop3Service({
    hostname,
    mechanisms: options.mechanisms ?? [plain, login],
    commands: options.commands ?? [],
    implementation: options.implementation ?? 'Restante',
    terms: options.terms !== undefined,
    bareLineFeed: options.bareLineFeed ?? true,
    saslLine: limits.saslLine,
    failedLogins: limits.failedLogins,
    badCommands: limits.badCommands,
  });
  const run = randomBytes(6).toString('base64url');
  let sessions = 0;

  const serve = (connection: Connection, begin: { readonly secure: boolean }): void => {
    sessions += 1;
    const session = `${run}-${sessions.toString(36)}`;
    const secure = begin.secure || connection.peer.tls !== undefined;
    const machine = new Session(service, {
      secure,
      cleartext: secure || cleartext(connection.peer),
      certificate: tls !== undefined,
    });
    if (options.onCommand !== undefined) machine.watch = commandTimer(options.onCommand);
    const desk = new Pop3Desk(options, {
      connection,
      session,
      hostname,
      clock,
      failureDelay: limits.failureDelay,
      loopbackExempt,
    });
    const began = clock.monotonic();
    const conversation = new Conversation<Question, Answer, End>(connection, {
      machine,
      perform: (question) => desk.perform(question),
      clock,
      pendingInput: limits.pendingInput,
      replyBacklog: limits.replyBacklog,
      idle: limits.idle,
      ended({ end, reason }) {
        desk.leave({ end, ...machine.fetched });
        options.onSession?.({
          session,
          protocol: 'pop3',
          peer: connection.peer,
          end,
          ...(reason !== undefined && { reason }),
          milliseconds: clock.monotonic() - began,
          octetsIn: connection.octetsIn,
          octetsOut: connection.octetsOut,
          ...machine.tally,
        });
      },
    });
    conversation.start(begin);
  };

  const listener = new Listener({
    serve,
    refusal: REFUSAL,
    limits,
    loopbackExempt,
    clock,
    ...(tls !== undefined && { tls }),
    ...(options.proxy !== undefined && { proxy: options.proxy }),
  });
  return {
    listen: (address, how) => {
      const port = how?.secure === true ? POP3S_PORT : POP3_PORT;
      return listener.listen('path' in address ? address : { port, ...address }, how);
    },
    accept: (stream, peer, how) => listener.accept(stream, peer, how),
    get sessions() {
      return listener.connections;
    },
    close: (how) => listener.close(how),
  };
}
