import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Clock, Timer } from './clock.ts';
import type { Peer } from './peer.ts';
import type { ServerTls } from './tls.ts';

/**
 * Why a connection broke:
 *
 * - `lost`: the network or the peer ended it
 * - `handshake`: TLS could not be agreed on, or not in time
 * - `injected`: octets had come behind the command that begins TLS, and before it (STLS-06, SM-16)
 * - `stalled`: the peer took no octet of what was sent for too long
 */
export type BreakKind = 'lost' | 'handshake' | 'injected' | 'stalled';

export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly kind: BreakKind;

  constructor(kind: BreakKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** What a protocol's driver is told. Nothing is called before {@link Connection.start}, nor after `closed`. */
export interface ConnectionHandler {
  /** Octets came. They are the handler's now. */
  octets(chunk: Buffer): void;
  /** The peer sends no more (FIN, or TLS close_notify). It may still read. */
  ended(): void;
  /** The peer's side took some of what was written: look at {@link Connection.backlog}. */
  written(): void;
  /** TLS stands; {@link Connection.peer} tells about it. */
  secured(): void;
  /**
   * The listener asks for the end: `limit` when room is needed (end at once), `shutdown` when the server closes
   * (finish the reply under way, then end).
   */
  stop(why: 'limit' | 'shutdown'): void;
  /** The connection is gone. `error` tells why, unless this side ended it or the peer closed in good order. */
  closed(error?: ConnectionError): void;
}

export interface ConnectionOptions {
  readonly clock: Clock;
  readonly tls?: ServerTls;
  /** How long a TLS handshake may take, in milliseconds. */
  readonly handshake: number;
  /** How long the peer may leave what was written untaken, in milliseconds. */
  readonly stalledReply: number;
  /** Told when the peer has logged in, and when the connection is gone. */
  readonly admitted?: () => void;
  readonly left?: () => void;
}

/**
 * Up to this many octets a batch is joined in memory: cheaper than handing it over in parts, measured. What is longer goes
 * out uncopied, still as one write, where the stream can gather (sockets can).
 */
const JOINED = 8 * 1024;

/** The same for a stream that cannot: a letter of 64 KiB with what stands round it is one write even there. */
const JOINED_AT_MOST = 80 * 1024;

/**
 * A read of a socket that comes this full has more behind it, and the system would go on reading here, up to 2 MB, while all
 * others wait: a hundred thousand pipelined commands.
 */
const FULL_READ = 64 * 1024;

/**
 * How long an ended connection waits for the peer's FIN, in milliseconds. Closing earlier, with octets unread, would make
 * the network reset the connection, and a reset may destroy the last reply on its way.
 */
const LINGER = 2_000;

const LEFT_HANDSHAKE = 'the peer closed during the TLS handshake';

/** How it shows that the peer reset the connection, by what is read or by what is written. */
const RESET = ['ECONNRESET', 'EPIPE'];

/**
 * One connection, whatever the protocol: any Duplex, usually a socket. Writes are gathered until {@link flush}, so that
 * all replies of one turn are one write.
 */
export class Connection {
  #stream: Duplex;
  #peer: Peer;
  readonly #options: ConnectionOptions;
  #handler: ConnectionHandler | undefined;
  #batch: (string | Uint8Array)[] = [];
  #batched = 0;
  #paused = false;
  /** Whether others have their turn before it is read on. */
  #yielding = false;
  #ending = false;
  #gone = false;
  #error: ConnectionError | undefined;
  #handshakeTimer: Timer | undefined;
  #lingerTimer: Timer | undefined;
  #stallTimer: Timer | undefined;
  /** When the peer last took something, or began to owe it, and what it had left untaken at the last look. */
  #takenAt = 0;
  #untaken = 0;
  #octetsIn = 0;
  #octetsOut = 0;

  constructor(stream: Duplex, peer: Peer, options: ConnectionOptions) {
    this.#stream = stream;
    this.#peer = peer;
    this.#options = options;
    this.#attach(stream);
  }

  get peer(): Peer {
    return this.#peer;
  }

  /** Octets received and sent, inside TLS where there is TLS. */
  get octetsIn(): number {
    return this.#octetsIn;
  }

  get octetsOut(): number {
    return this.#octetsOut;
  }

  /** Octets written here that the peer's side has not taken yet. */
  get backlog(): number {
    return this.#batched + this.#stream.writableLength;
  }

  /** Whether it is gone, or on its way out. */
  get over(): boolean {
    return this.#gone || this.#ending;
  }

  /** Begins to read and to tell the handler. */
  start(handler: ConnectionHandler): void {
    this.#handler = handler;
    this.#read(this.#stream);
  }

  /** Tells the listener that the peer has logged in, so it is not shed for others. */
  admit(): void {
    this.#options.admitted?.();
  }

  /** Passes the listener's wish on to the handler; without one there is nothing to finish. */
  stop(why: 'limit' | 'shutdown'): void {
    if (this.#handler === undefined) this.destroy();
    else if (!this.over) this.#handler.stop(why);
  }

  /** Stops reading, so that the peer must wait. May be called again and again. */
  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#stream.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (!this.#yielding) this.#stream.resume();
  }

  /** Gathers octets to be sent; text is Latin-1. They are the connection's now. */
  write(octets: string | Uint8Array): void {
    if (this.over || octets.length === 0) return;
    this.#batch.push(octets);
    this.#batched += octets.length;
  }

  /** Sends what was gathered. */
  flush(): void {
    if (this.#batched === 0 || this.#gone) return;
    const batch = this.#batch;
    const octets = this.#batched;
    this.#batch = [];
    this.#batched = 0;
    this.#octetsOut += octets;
    const idle = this.#stream.writableLength === 0;
    const limit = this.#stream._writev ? JOINED : JOINED_AT_MOST;
    const only = batch.length === 1 ? batch[0] : octets <= limit ? joined(batch, octets) : undefined;
    if (only !== undefined) {
      this.#send(only);
    } else {
      this.#stream.cork();
      for (const [index, each] of batch.entries()) this.#send(each, index === batch.length - 1);
      this.#stream.uncork();
    }
    if (this.#stream.writableLength > 0) {
      if (idle) {
        this.#takenAt = this.#options.clock.monotonic();
        this.#untaken = untaken(this.#stream);
      }
      this.#stallTimer ??= this.#options.clock.set(this.#checkStall, this.#options.stalledReply);
    }
  }

  /**
   * Begins TLS. What was written before goes out in the clear first; octets received and not handed out yet end the
   * connection, since who sent them is not known to be the peer of the handshake. Only where TLS comes `first` they are
   * the handshake's: they came in one packet with a proxy's header.
   */
  secure({ first = false }: { readonly first?: boolean } = {}): void {
    const { tls, clock, handshake } = this.#options;
    if (tls === undefined) throw new Error('TLS was asked for where there is no certificate');
    if (this.over) return;
    const clear = this.#stream;
    if (clear.readableLength > 0 && !first) {
      this.#break(new ConnectionError('injected', 'octets came in the clear behind the command that begins TLS'));
      return;
    }
    // The TLS layer would not be told: a stream ends once.
    if (clear.readableEnded) {
      this.#break(new ConnectionError('handshake', LEFT_HANDSHAKE));
      return;
    }
    this.flush();
    clear.pause();
    this.#detach(clear);
    let secured: TLSSocket;
    try {
      secured = tls.wrap(clear);
    } catch (error) {
      this.#attach(clear);
      this.#break(
        new ConnectionError('handshake', `TLS could not begin: ${(error as Error).message}`, { cause: error }),
      );
      return;
    }
    this.#stream = secured;
    this.#attach(secured);
    this.#handshakeTimer = clock.set(() => {
      this.#break(new ConnectionError('handshake', `no TLS handshake within ${handshake} ms`));
    }, handshake);
    secured.once('secure', () => this.#secured(secured));
  }

  /** Sends what was gathered, then ends this side in good order (TLS close_notify, FIN) and waits a little for the peer's. */
  end(): void {
    if (this.over) return;
    this.flush();
    this.#ending = true;
    this.#stream.end(() => {
      if (!this.#gone) this.#lingerTimer = this.#options.clock.set(() => this.destroy(), LINGER);
    });
    // What still comes is read and dropped, so that the peer's FIN is seen.
    this.#paused = false;
    this.#stream.resume();
  }

  /**
   * Has the system ask the peer, after a second of silence and then each second, whether it is there: one that has
   * begun anew answers by a reset at once, one that is gone by nothing, ten times. Both are `lost`. A stream that is no socket cannot ask.
   */
  probe(): void {
    if ('setKeepAlive' in this.#stream) (this.#stream as Socket).setKeepAlive(true, 1_000);
  }

  /** Ends it at once; what was gathered is not sent. */
  destroy(): void {
    this.#ending = true;
    this.#batch = [];
    this.#batched = 0;
    this.#stream.destroy();
  }

  #break(error: ConnectionError): void {
    this.#error ??= error;
    this.destroy();
  }

  #send(octets: string | Uint8Array, last = true): void {
    const written = last ? this.#onWritten : undefined;
    if (typeof octets === 'string') this.#stream.write(octets, 'latin1', written);
    else this.#stream.write(octets, written);
  }

  #secured(socket: TLSSocket): void {
    this.#handshakeTimer?.clear();
    this.#handshakeTimer = undefined;
    const servername = (socket as { servername?: unknown }).servername;
    this.#peer = {
      ...this.#peer,
      tls: {
        version: socket.getProtocol() ?? 'unknown',
        cipher: socket.getCipher().standardName,
        ...(typeof servername === 'string' && { servername }),
      },
    };
    this.#read(socket);
    this.#handler?.secured();
  }

  #attach(stream: Duplex): void {
    stream.on('end', this.#onEnd);
    stream.on('error', this.#onError);
    stream.on('close', this.#onClose);
  }

  /** From here on the stream only carries TLS: what befalls it shows there. */
  #detach(stream: Duplex): void {
    for (const [event, listener] of [
      ['data', this.#onData],
      ['end', this.#onEnd],
      ['close', this.#onClose],
    ] as const) {
      stream.removeListener(event, listener);
    }
  }

  #read(stream: Duplex): void {
    stream.on('data', this.#onData);
    if (this.#paused) stream.pause();
    else stream.resume(); // who read a proxy's header has paused it
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.over) return;
    this.#octetsIn += chunk.length;
    this.#handler?.octets(chunk);
    if (chunk.length >= FULL_READ) this.#yield();
  };

  #yield(): void {
    if (this.#yielding || this.over) return;
    const stream = this.#stream;
    this.#yielding = true;
    stream.pause();
    setImmediate(() => {
      this.#yielding = false;
      if (!this.#paused && stream === this.#stream) stream.resume();
    });
  }

  readonly #onEnd = (): void => {
    if (this.over) return;
    if (this.#handshakeTimer === undefined) this.#handler?.ended();
    else this.#break(new ConnectionError('handshake', LEFT_HANDSHAKE));
  };

  readonly #onWritten = (): void => {
    this.#takenAt = this.#options.clock.monotonic();
    if (!this.over) this.#handler?.written();
  };

  readonly #onError = (error: Error & { code?: string }): void => {
    const handshake = this.#handshakeTimer !== undefined;
    const reset = error.code !== undefined && RESET.includes(error.code);
    const message = !handshake ? error.message : reset ? LEFT_HANDSHAKE : `TLS handshake: ${error.message.trimEnd()}`;
    this.#error ??= new ConnectionError(handshake ? 'handshake' : 'lost', message, { cause: error });
  };

  readonly #onClose = (): void => {
    if (this.#gone) return;
    if (this.#handshakeTimer !== undefined && !this.#ending) {
      this.#error ??= new ConnectionError('handshake', LEFT_HANDSHAKE);
    }
    this.#gone = true;
    this.#handshakeTimer?.clear();
    this.#lingerTimer?.clear();
    this.#stallTimer?.clear();
    this.#options.left?.();
    this.#handler?.closed(this.#error);
  };

  readonly #checkStall = (): void => {
    this.#stallTimer = undefined;
    if (this.#stream.writableLength === 0) return;
    const { clock, stalledReply } = this.#options;
    const now = untaken(this.#stream);
    if (now !== this.#untaken) this.#takenAt = clock.monotonic();
    this.#untaken = now;
    const left = this.#takenAt + stalledReply - clock.monotonic();
    if (left > 0) this.#stallTimer = clock.set(this.#checkStall, left);
    else this.#break(new ConnectionError('stalled', `the peer took nothing of a reply for ${stalledReply} ms`));
  };
}

/**
 * Octets that the system has not taken yet. A stream tells when a write is done, which over a slow line may be half an hour
 * after the write before; only the handle of a socket shows that it goes on (Node's own `setTimeout` of sockets looks there too).
 */
function untaken(stream: Duplex): number {
  const { _handle: handle } = stream as { readonly _handle?: { readonly writeQueueSize?: number } | null };
  return handle?.writeQueueSize ?? stream.writableLength;
}

function joined(batch: readonly (string | Uint8Array)[], octets: number): Uint8Array {
  const whole = Buffer.allocUnsafe(octets);
  let at = 0;
  for (const each of batch) {
    if (typeof each === 'string') {
      whole.write(each, at, 'latin1');
    } else {
      whole.set(each, at);
    }
    at += each.length;
  }
  return whole;
}
