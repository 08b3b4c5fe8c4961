import type { Duplex } from 'node:stream';
import { ServerTls } from '../server/tls.ts';
import { LineReader } from '../wire/line-reader.ts';
import type { Certificate } from './certificate.ts';
import { duplexPair } from './duplex-pair.ts';
import { parseScript, type ScriptStep } from './script.ts';
import { type Captures, fill, matches, shown } from './transcript/octet-text.ts';

/** How a {@link ScriptedPeer} says its lines. */
export interface ScriptedPeerOptions {
  /** Whether every octet of the peer's comes on its own; default false. */
  readonly cut?: boolean;
  /** For `TLS` lines. */
  readonly certificate?: Certificate;
  /** Octets that the client may leave unread before the peer's writes are held up; default 16,384. */
  readonly highWaterMark?: number;
}

/** What the client said is not what the script expects. */
export class ScriptFailure extends Error {
  override readonly name = 'ScriptFailure';
}

/**
 * A server, or any other peer, that says what a script tells it to, right or wrong: for tests of a client.
 *
 * ```ts
 * const peer = new ScriptedPeer('S: +OK ready\nC: CAPA\nS: -ERR no\nC: USER ada\nS: +OK\nDROP');
 * await connect({ host: 'pop.example.org', socket: peer.socket, … });
 * ```
 *
 * | line | meaning |
 * | --- | --- |
 * | `S: +OK` | the peer sends this line and CRLF, in a write of its own; text and escapes are those of transcripts (`{a*40}`, `\x00`, `\c` for no CRLF) |
 * | `S> +OK` | the same, in one write with the `S` line that follows |
 * | `C: STAT` | the client has to say this line; `{any}`, `{text}` and `{name}` stand for what is not known before |
 * | `TLS` | the handshake, now, as its server |
 * | `EOF` | the client has to close now |
 * | `END` | the peer says that it will send no more |
 * | `DROP`, `RESET` | the peer closes the connection, or resets it |
 * | `# words` | a comment |
 *
 * Behind the script's end the peer says nothing more, and listens until the client closes.
 */
export class ScriptedPeer {
  /** The client's end of the connection. */
  readonly socket: Duplex;
  /** Every line that the client has said, one character an octet. */
  readonly heard: string[] = [];
  /** Settles when the script was played to its last line, and the client has taken all that was said. */
  readonly played: Promise<void>;
  /** Settles when the script was played and the client has closed; with a {@link ScriptFailure} when the client said something else. */
  readonly finished: Promise<void>;
  /** Settles when the client has closed. */
  readonly closed: Promise<void>;
  readonly #steps: readonly ScriptStep[];
  readonly #captures: Captures = new Map();
  readonly #tls: ServerTls | undefined;
  readonly #raw: ReturnType<typeof duplexPair>[0];
  readonly #reader = new LineReader({ limit: 1_048_576, bareLineFeed: false });
  #stream: Duplex;
  #done = false;
  #over = false;
  #wake: () => void = () => {};
  #closed: () => void = () => {};

  /** Throws a SyntaxError when the script cannot be read. */
  constructor(script: string, { cut = false, certificate, highWaterMark = 16_384 }: ScriptedPeerOptions = {}) {
    this.#steps = parseScript(script);
    this.#tls = certificate === undefined ? undefined : new ServerTls(certificate, 'pop3');
    const [ours, theirs] = duplexPair({}, { cut, highWaterMark });
    this.#raw = ours;
    this.#stream = ours;
    this.socket = theirs;
    this.closed = new Promise((resolve) => {
      this.#closed = resolve;
    });
    this.#listen(ours);
    this.played = this.#play();
    this.finished = this.#listenOn();
    this.finished.catch(() => ours.destroy());
  }

  async #play(): Promise<void> {
    for (const step of this.#steps) await this.#step(step);
    this.#done = true;
  }

  async #listenOn(): Promise<void> {
    await this.played;
    while ((await this.#line()) !== undefined);
  }

  async #step(step: ScriptStep): Promise<void> {
    switch (step.type) {
      case 'say':
        await this.#say(fill(step.pieces, this.#captures));
        break;
      case 'hear': {
        const line = await this.#line();
        if (line === undefined) throw this.#failure(step, 'the client has closed');
        if (!matches(line, step.pieces, this.#captures)) throw this.#failure(step, `C: ${shown(line)}`);
        break;
      }
      case 'TLS':
        await this.#secure();
        break;
      case 'EOF': {
        const line = await this.#line();
        if (line !== undefined) throw this.#failure(step, `C: ${shown(line)}`);
        break;
      }
      case 'END':
        this.#stream.end();
        break;
      case 'DROP':
        this.#stream.destroy();
        this.#raw.destroy();
        break;
      case 'RESET':
        this.#raw.resetAndDestroy();
        break;
    }
  }

  /** Resolves when the client has taken it, or is gone. */
  async #say(octets: Buffer): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.#over) resolve();
      else this.#stream.write(octets, () => resolve());
    });
  }

  async #secure(): Promise<void> {
    if (this.#tls === undefined) throw new Error('a script with TLS needs a certificate');
    this.#raw.removeAllListeners('data');
    const secured = this.#tls.wrap(this.#raw);
    this.#stream = secured;
    await new Promise<void>((resolve) => {
      secured
        .once('secure', resolve)
        .once('error', () => resolve())
        .once('close', () => resolve());
    });
    this.#listen(secured);
  }

  #listen(stream: Duplex): void {
    const over = (): void => {
      this.#over = true;
      this.#closed();
      this.#wake();
    };
    stream.on('data', (octets: Buffer) => {
      this.#reader.push(octets);
      this.#wake();
    });
    stream.on('end', over).on('close', over).on('error', over);
  }

  async #line(): Promise<string | undefined> {
    for (;;) {
      const line = this.#reader.next();
      if (Buffer.isBuffer(line)) {
        this.heard.push(line.toString('latin1'));
        return this.heard.at(-1);
      }
      // Behind the script anything may come: a ClientHello that nobody answers is made of no lines.
      if (line !== undefined && !this.#done) throw new ScriptFailure('the client sent no line that ends with CRLF');
      if (line !== undefined) continue;
      if (this.#over) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #failure(step: ScriptStep, got: string): ScriptFailure {
    return new ScriptFailure(`line ${step.line}: ${step.text}\n     got: ${got}`);
  }
}
