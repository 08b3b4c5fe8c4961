import { type AddressInfo, createServer, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from './clock.ts';
import { Connection } from './connection.ts';
import { Introduction } from './introduction.ts';
import { localPeer, type Peer, peerOf } from './peer.ts';
import { placeOf } from './place.ts';
import { Roster } from './roster.ts';
import type { ServerTls } from './tls.ts';
import { type ProxyOptions, TrustedProxies } from './trusted-proxies.ts';

/** Where to listen: an IP address or name with a port (0 for any free one), or the path of a unix socket. */
export type ListenAddress = { readonly host?: string; readonly port: number } | { readonly path: string };

/** Where it listens, with the port that was given. */
export type Listening = { readonly host: string; readonly port: number } | { readonly path: string };

export interface ListenerLimits {
  /** Open connections, all addresses together. */
  readonly connections: number;
  /** Open connections of one peer's address, of IPv6 one /64. Loopback is exempt, unless `loopbackExempt` says otherwise. */
  readonly connectionsPerAddress: number;
  /** Open connections that were not admitted; at the cap the oldest is shed. Infinity where nobody logs in. */
  readonly unauthenticated: number;
  /** How long a TLS handshake may take, in milliseconds. */
  readonly handshake: number;
  /** How long a peer may leave a reply untaken, in milliseconds. */
  readonly stalledReply: number;
}

export interface ListenerOptions {
  /** Takes over a new connection: must call its `start`, and `secure` right behind it where TLS comes first. */
  readonly serve: (connection: Connection, begin: { readonly secure: boolean }) => void;
  /** What a peer for whom there is no room is told, in the clear; line end included. */
  readonly refusal: string;
  readonly limits: ListenerLimits;
  /** Whether peers on this machine are exempt from `connectionsPerAddress`; default true. */
  readonly loopbackExempt?: boolean;
  readonly clock: Clock;
  readonly tls?: ServerTls;
  /** Where connections come by proxies. */
  readonly proxy?: ProxyOptions;
}

/** How connections come in. */
export interface Entrance {
  /** Whether TLS comes before anything else. */
  readonly secure?: boolean;
  /** Whether proxies are trusted here; default true. `false` for a listener that none of them uses. */
  readonly proxied?: boolean;
}

/** How long a proxy's header may take, in milliseconds: a packet lost twice on the way still makes it. */
const PATIENCE = 10_000;

/** Connections that the system holds until they are accepted, so that a burst of pollers is not turned away. */
const BACKLOG = 2_048;

/** What a listener is bound to that may be reached at any address of the machine. */
const EVERY_ADDRESS = ['0.0.0.0', '::'];

/**
 * Listens at any number of addresses, counts connections, keeps to the limits and closes in good order. Knows no
 * protocol.
 *
 * ```ts
 * const listener = new Listener({ clock, limits, refusal: '421 4.3.2 too many connections\r\n', serve(connection) {
 *   const session = new LmtpSession();
 *   connection.start({ octets(chunk) { … connection.write(reply); connection.flush(); }, … });
 * } });
 * await listener.listen({ host: '127.0.0.1', port: 1024 });
 * await listener.close({ deadline: 10_000 });
 * ```
 */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #servers = new Set<Server>();
  readonly #proxies: TrustedProxies | undefined;
  readonly #open = new Roster<Connection | Introduction>();
  readonly #unauthenticated = new Roster<Connection | Introduction>();
  readonly #perAddress = new Map<string, number>();
  #closing: Promise<void> | undefined;
  #emptied: (() => void) | undefined;

  /** Throws a TypeError that names an entry of `proxy.trusted` which is none. */
  constructor(options: ListenerOptions) {
    this.#options = options;
    if (options.proxy !== undefined && options.proxy.trusted.length > 0)
      this.#proxies = new TrustedProxies(options.proxy.trusted);
  }

  /** Open connections, also those whose proxy has not said yet who calls. */
  get connections(): number {
    return this.#open.size;
  }

  /** Listens there too. Rejects with Node's error (`EADDRINUSE`, `EACCES`, …) when it cannot. */
  listen(address: ListenAddress, entrance: Entrance = {}): Promise<Listening> {
    if (entrance.secure === true && this.#options.tls === undefined)
      throw new TypeError('a TLS listener needs a certificate: set `tls`');
    if (this.#closing !== undefined) throw new Error('the listener is closed');
    let boundTo: string | undefined;
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const peer = 'path' in address ? localPeer : peerOf(socket, boundTo);
      if (peer === undefined) socket.destroy();
      else this.accept(socket, peer, entrance);
    });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ ...address, backlog: BACKLOG }, () => {
        server.removeListener('error', reject);
        // Later errors concern single connections that could not be accepted (out of descriptors): the listener goes on.
        server.on('error', () => {});
        if (this.#closing !== undefined) {
          server.close();
          return reject(new Error('the listener is closed'));
        }
        this.#servers.add(server);
        const bound = server.address() as AddressInfo | string;
        if (typeof bound !== 'string' && !EVERY_ADDRESS.includes(bound.address)) boundTo = bound.address;
        resolve(typeof bound === 'string' ? { path: bound } : { host: bound.address, port: bound.port });
      });
    });
  }

  /** Takes a connection that came some other way, under the same limits. */
  accept(stream: Duplex, peer: Peer, entrance: Entrance = {}): void {
    if (entrance.proxied !== false && this.#proxies?.has(peer)) this.#introduce(stream, peer, entrance);
    else this.#take(stream, peer, entrance);
  }

  /** Waits for a proxy to say who calls. Its own address has no limit: it brings many. */
  #introduce(stream: Duplex, proxy: Peer, entrance: Entrance): void {
    if (this.#closing !== undefined || this.#open.size >= this.#options.limits.connections) {
      this.#refuse(stream, entrance);
      return;
    }
    const { patience = PATIENCE, onRefused } = this.#options.proxy ?? {};
    const introduction = new Introduction(stream, proxy, {
      clock: this.#options.clock,
      patience,
      introduced: (peer) => this.#take(stream, peer, entrance),
      refused: (reason) => onRefused?.(proxy, reason),
      left: () => places.leave(),
    });
    const places = this.#place(introduction);
  }

  #take(stream: Duplex, peer: Peer, { secure = false }: Entrance): void {
    if (this.#closing !== undefined || !this.#hasRoom(peer)) {
      this.#refuse(stream, { secure });
      return;
    }
    const { clock, limits, tls } = this.#options;
    const connection = new Connection(stream, peer, {
      clock,
      handshake: limits.handshake,
      stalledReply: limits.stalledReply,
      ...(tls !== undefined && { tls }),
      admitted: () => places.admit(),
      left: () => {
        this.#count(peer, -1);
        places.leave();
      },
    });
    this.#count(peer, 1);
    const places = this.#place(connection);
    this.#options.serve(connection, { secure });
  }

  #refuse(stream: Duplex, { secure = false }: Entrance): void {
    stream.on('error', () => {});
    if (secure) stream.destroy();
    else stream.end(this.#options.refusal, 'latin1', () => stream.destroy());
  }

  /** Enters it among those that are open, and sheds the oldest of those that have not logged in when they are too many. */
  #place(connection: Connection | Introduction): { admit(): void; leave(): void } {
    const open = this.#open.add(connection);
    const unauthenticated = this.#unauthenticated.add(connection);
    if (this.#unauthenticated.size > this.#options.limits.unauthenticated) {
      this.#unauthenticated.takeOldest()?.stop('limit');
    }
    return {
      admit: () => this.#unauthenticated.remove(unauthenticated),
      leave: () => {
        this.#open.remove(open);
        this.#unauthenticated.remove(unauthenticated);
        if (this.#open.size === 0) this.#emptied?.();
      },
    };
  }

  /**
   * Stops listening and asks every connection to finish. Resolves when all are gone; those that are not when the
   * deadline (milliseconds) has passed are destroyed. Later calls answer the first one's promise.
   */
  close(options: { readonly deadline?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.deadline ?? 10_000);
    return this.#closing;
  }

  async #close(deadline: number): Promise<void> {
    const stopped = [...this.#servers].map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const connection of this.#open) connection.stop('shutdown');
    if (this.#open.size > 0) {
      const emptied = new Promise<void>((resolve) => {
        this.#emptied = resolve;
      });
      const timer = this.#options.clock.set(() => {
        for (const connection of this.#open) connection.destroy();
      }, deadline);
      await emptied;
      timer.clear();
    }
    await Promise.all(stopped);
  }

  #hasRoom(peer: Peer): boolean {
    const { connections, connectionsPerAddress } = this.#options.limits;
    if (this.#open.size >= connections) return false;
    return this.#isExempt(peer) || (this.#perAddress.get(placeOf(peer.address)) ?? 0) < connectionsPerAddress;
  }

  #isExempt(peer: Peer): boolean {
    return peer.loopback && this.#options.loopbackExempt !== false;
  }

  #count(peer: Peer, change: 1 | -1): void {
    if (this.#isExempt(peer)) return;
    const place = placeOf(peer.address);
    const count = (this.#perAddress.get(place) ?? 0) + change;
    if (count === 0) this.#perAddress.delete(place);
    else this.#perAddress.set(place, count);
  }
}
