import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import type { MaybePromise } from '../../maildrop/maildrop.ts';

const CRLF = Buffer.from('\r\n');

/** The client's end of a connection. It reads only what is asked for, so that a client that waits holds the server up. */
export class ClientEnd {
  readonly #socket: Duplex;
  #stream: Duplex;
  #unread: Buffer = Buffer.alloc(0);
  #over = false;
  #wake: (() => void) | undefined;

  constructor(socket: Duplex) {
    this.#socket = socket;
    this.#stream = socket;
    this.#listen(socket);
  }

  send(octets: Buffer): void {
    this.#stream.write(octets);
  }

  /** The next line without its CRLF, one character an octet; or `undefined` when the server has closed before one was whole. */
  line(): MaybePromise<string | undefined> {
    return this.#wholeLine() ?? this.#lineToCome();
  }

  async #lineToCome(): Promise<string | undefined> {
    let line: string | undefined;
    while (line === undefined && (await this.#read())) line = this.#wholeLine();
    return line;
  }

  #wholeLine(): string | undefined {
    const end = this.#unread.indexOf(CRLF);
    if (end < 0) return undefined;
    const line = this.#unread.toString('latin1', 0, end);
    this.#unread = this.#unread.subarray(end + CRLF.length);
    return line;
  }

  /** All that still comes, once the server has closed. */
  async rest(): Promise<string> {
    while (await this.#read());
    const rest = this.#unread.toString('latin1');
    this.#unread = Buffer.alloc(0);
    return rest;
  }

  /** What has come and was not asked for yet. */
  get unread(): string {
    return this.#unread.toString('latin1');
  }

  /** The handshake, now. Answers the protocol that ALPN agreed on; `refused` when there is no TLS to be had. */
  async startTls(ca: string | undefined, alpn: string | undefined): Promise<string | false | 'refused'> {
    this.#socket.removeAllListeners('readable');
    const secure = connect({
      socket: this.#socket,
      servername: 'localhost',
      ...(ca === undefined ? {} : { ca }),
      ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
    });
    this.#stream = secure;
    const done = await new Promise<boolean>((resolve) => {
      secure.once('secureConnect', () => resolve(true));
      secure.once('error', () => resolve(false));
      secure.once('close', () => resolve(false));
    });
    this.#listen(secure);
    this.#over = !done;
    return done ? (secure as TLSSocket).alpnProtocol || false : 'refused';
  }

  /** Says that nothing more will be sent. */
  end(): void {
    this.#stream.end();
  }

  /** Closes without a word. */
  drop(): void {
    this.#stream.destroy();
    this.#socket.destroy();
  }

  /** Closes by a reset. */
  reset(): void {
    const socket = this.#socket as Duplex & { resetAndDestroy?(): void };
    socket.resetAndDestroy?.();
    this.drop();
  }

  #listen(stream: Duplex): void {
    const wake = () => this.#wake?.();
    const over = () => {
      this.#over = true;
      wake();
    };
    stream.on('readable', wake).on('end', over).on('close', over).on('error', over);
  }

  async #read(): Promise<boolean> {
    for (;;) {
      const octets: Buffer | null = this.#stream.read();
      if (octets !== null) {
        this.#unread = this.#unread.length === 0 ? octets : Buffer.concat([this.#unread, octets]);
        return true;
      }
      if (this.#over) return false;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
