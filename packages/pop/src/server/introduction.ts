import type { Duplex } from 'node:stream';
import type { Clock, Timer } from './clock.ts';
import type { Peer } from './peer.ts';
import { type Announcement, readProxyHeader } from './proxy-header.ts';

export interface IntroductionOptions {
  readonly clock: Clock;
  /** How long the header may take, in milliseconds. */
  readonly patience: number;
  /**
   * Told who calls. The stream is paused, and what came behind the header stands in it again. Told nothing when
   * {@link Introduction.destroy} was called, or where the connection ends before.
   */
  readonly introduced: (peer: Peer) => void;
  /** Told why no header was read, where anything came at all: a look whether we are there brings nothing, and is no fault. */
  readonly refused: (reason: string) => void;
  /** Told last, whatever came of it, and before `introduced`. */
  readonly left: () => void;
}

/** A connection of a trusted proxy's that has not said yet whose it is. Nothing is written to it. */
export class Introduction {
  readonly #stream: Duplex;
  readonly #proxy: Peer;
  readonly #options: IntroductionOptions;
  readonly #timer: Timer;
  #octets: Buffer = Buffer.alloc(0);
  #over = false;

  constructor(stream: Duplex, proxy: Peer, options: IntroductionOptions) {
    this.#stream = stream;
    this.#proxy = proxy;
    this.#options = options;
    const { clock, patience } = options;
    this.#timer = clock.set(() => this.#refuse(`no PROXY header came within ${patience} ms`), patience);
    stream.on('error', this.#onError);
    stream.on('end', this.#onEnd);
    stream.on('close', this.#onClose);
    stream.on('data', this.#onData);
  }

  /** There is nothing under way that could be finished. */
  stop(): void {
    this.destroy();
  }

  destroy(): void {
    this.#leave();
    this.#stream.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#octets = this.#octets.length === 0 ? chunk : Buffer.concat([this.#octets, chunk]);
    const header = readProxyHeader(this.#octets);
    if (header.type === 'incomplete') return;
    if (header.type === 'malformed') {
      this.#refuse(`no PROXY header: ${header.reason}`);
      return;
    }
    const rest = this.#octets.subarray(header.length);
    this.#stream.pause();
    this.#leave();
    if (rest.length > 0) this.#stream.unshift(rest);
    this.#options.introduced(announced(this.#proxy, header.announcement));
  };

  #refuse(reason: string): void {
    if (this.#over) return;
    this.destroy();
    this.#options.refused(reason);
  }

  readonly #onEnd = (): void => {
    if (this.#octets.length > 0) this.#refuse('the connection ended within the PROXY header');
    else this.destroy();
  };

  readonly #onClose = (): void => this.#leave();

  readonly #onError = (): void => {
    // Its `close` follows.
  };

  /** From here on the stream is somebody else's, or nobody's. */
  #leave(): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer.clear();
    this.#stream.removeListener('data', this.#onData);
    this.#stream.removeListener('end', this.#onEnd);
    this.#stream.removeListener('close', this.#onClose);
    this.#options.left();
  }
}

/** Who calls. Never a peer on this machine: a proxy, wherever it is, brings strangers in. */
function announced(proxy: Peer, announcement: Announcement): Peer {
  const relayed = announcement.type === 'relayed';
  return {
    address: relayed ? announcement.source : proxy.address,
    localAddress: relayed ? announcement.destination : proxy.localAddress,
    loopback: false,
    proxy: proxy.address,
  };
}
