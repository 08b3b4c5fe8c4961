import type { Duplex } from 'node:stream';
import { Exchange, type ExchangeEvent, type Failure } from '../pop3/exchange.ts';
import type { Request } from '../pop3/exchange-request.ts';
import type { Status } from '../pop3/exchange-status.ts';
import type { Clock } from '../server/clock.ts';
import { Pop3Error, type Pop3ErrorCode, type Pop3ErrorDetails } from './error.ts';
import { Patience } from './patience.ts';
import type { Trace } from './trace.ts';
import { reason } from './transport.ts';

/** A command with what is done about its answer. After `failed`, or what is `over`, nothing more comes. */
export interface Call extends Request {
  status(status: Status, over: boolean): void;
  /** A line of a listing; whole lines with their line ends, where it is wanted in blocks. */
  listed?(line: Buffer): void;
  octets?(octets: Buffer): void;
  whole?(): void;
  challenge?(data: string): void;
  /** `sent` tells whether the server may have seen the command. */
  failed(error: Pop3Error, sent: boolean): void;
}

export interface LinkOptions {
  readonly clock: Clock;
  readonly trace: Trace;
  /** The longest line, in octets. */
  readonly line: number;
  readonly greetingTimeout: number;
  readonly socketTimeout: number;
  readonly readerTimeout: number;
}

/** Octets of letters that may wait for their readers before the connection is not read any further. */
const MOST_HELD = 65_536;
/** How long the server may take to close behind its answer to QUIT, in milliseconds. */
const LAST_WORD = 2_000;

/** What may be waited for: the server, or a reader that holds it up. */
type Awaited = 'greeting' | 'answer' | 'reader';

const CODES: Readonly<Record<Failure, Pop3ErrorCode>> = {
  protocol: 'PROTOCOL',
  limit: 'LIMIT',
  truncated: 'TRUNCATED',
  closed: 'CLOSED',
  injected: 'TLS_INJECTED',
};

/**
 * Runs an {@link Exchange} on a connection: writes, reads as long as there are readers, and sees to it that every call
 * gets its answer or an error, whatever becomes of the connection.
 */
export class Link {
  readonly trace: Trace;
  readonly #exchange: Exchange<Call>;
  readonly #options: LinkOptions;
  #stream: Duplex;
  #failure: Pop3Error | undefined;
  /** What Node said when the connection broke. */
  #cause: unknown;
  #greeting: { resolve(status: Status): void; reject(error: Pop3Error): void } | undefined;
  /** Octets of letters that have come and were not taken. */
  #held = 0;
  #paused = false;
  #distrusted = false;
  #switching = false;
  #settled: () => void = () => {};
  /** Once the server has said its last word: what to do when it closes, or says more. */
  #leave: ((quiet: boolean) => void) | undefined;
  readonly #patience: Patience<Awaited>;

  constructor(stream: Duplex, options: LinkOptions) {
    this.trace = options.trace;
    this.#options = options;
    this.#exchange = new Exchange<Call>({ line: options.line });
    this.#stream = stream;
    this.#patience = new Patience(options.clock, (awaited, patience) => this.#outOfPatience(awaited, patience));
  }

  /** Why nothing more can be sent. */
  get failure(): Pop3Error | undefined {
    return this.#failure;
  }

  /** Whether nothing is under way and nothing waits to be sent. */
  get idle(): boolean {
    return this.#exchange.idle;
  }

  /** Is called once, when the session is over. */
  onSettled(settled: () => void): void {
    this.#settled = settled;
  }

  get stream(): Duplex {
    return this.#stream;
  }

  /** Whether the server was found out to answer pipelined commands otherwise than single ones. */
  get distrusted(): boolean {
    return this.#distrusted;
  }

  set pipelining(on: boolean) {
    this.#exchange.pipelining = on && !this.#distrusted;
  }

  get pipelining(): boolean {
    return this.#exchange.pipelining;
  }

  /** Begins to read, and waits for the greeting. */
  greeting(): Promise<Status> {
    return new Promise((resolve, reject) => {
      this.#greeting = { resolve, reject };
      this.#attach(this.#stream);
      this.#await();
    });
  }

  send(call: Call): void {
    if (this.#failure !== undefined) {
      const message = `${call.shown}: the session is over: ${this.#failure.message}`;
      call.failed(this.error('CLOSED', message, { cause: this.#failure, command: call.shown }), false);
      return;
    }
    this.#exchange.request(call);
    this.#handle();
  }

  /** Takes back a call that was not sent yet; false when it was. */
  withdraw(call: Call): boolean {
    return this.#exchange.withdraw(call);
  }

  /** Answers a challenge. The line is never shown. */
  respond(line: string): void {
    if (this.#failure !== undefined) return;
    this.trace.client(line === '*' ? '*' : '[secret]');
    this.#exchange.respond(line);
    this.#handle();
  }

  /** Reader's side: octets of a letter wait for it, or were taken. */
  holds(octets: number): void {
    this.#held += octets;
    const paused = this.#held > MOST_HELD;
    if (octets < 0) this.#patience.renew();
    if (paused === this.#paused || this.#failure !== undefined) return;
    this.#paused = paused;
    if (paused) this.#stream.pause();
    else this.#stream.resume();
    this.#await();
  }

  /**
   * Goes over to TLS behind the +OK to STLS: nothing is read or written in between, and whatever was read too much ends
   * the session (STLS-05, STLS-07).
   */
  async switchTo<T extends { readonly stream: Duplex }>(wrap: (stream: Duplex) => Promise<T>): Promise<T> {
    const plain = this.#stream;
    this.#switching = true;
    this.#await();
    plain.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onEnd);
    plain.pause();
    if (this.#failure !== undefined) throw this.#failure;
    let secured: T;
    try {
      secured = await wrap(plain);
    } catch (error) {
      if (error instanceof Pop3Error) this.fail(error);
      throw this.#failure ?? error;
    }
    this.#switching = false;
    if (this.#failure !== undefined) {
      secured.stream.destroy();
      throw this.#failure;
    }
    this.#stream = secured.stream;
    this.#attach(secured.stream);
    this.#exchange.switched();
    this.#handle();
    return secured;
  }

  /**
   * Ends the session behind the server's last word, in good order. Resolves when the server has closed too, or did not
   * for a while: whether it has said nothing more.
   */
  end(why: Pop3Error): Promise<boolean> {
    this.#settle(why);
    const stream = this.#stream;
    return new Promise((resolve) => {
      this.#leave = (quiet) => {
        timer.clear();
        stream.destroy();
        resolve(quiet);
      };
      const timer = this.#options.clock.set(() => this.#leave?.(true), LAST_WORD);
      stream.resume();
      stream.end();
      if (stream.readableEnded || stream.destroyed) this.#leave(true);
    });
  }

  /** Goes, once all that was sent is on its way: with TLS its closing alert as well (TLS-03). What is answered goes nowhere. */
  leave(why: Pop3Error): void {
    if (this.#failure !== undefined) return;
    this.#settle(why);
    const stream = this.#stream;
    stream.once('finish', () => stream.destroy()).end();
  }

  /** Drops the connection, without a word: a server then removes nothing (P3-60). Every call gets this error. */
  fail(error: Pop3Error, broken?: Call): void {
    if (this.#failure !== undefined) return;
    this.#settle(error, broken);
    this.#stream.destroy();
  }

  /** An error with what has been said lately. */
  error(code: Pop3ErrorCode, message: string, details: Pop3ErrorDetails = {}): Pop3Error {
    return new Pop3Error(code, this.trace.seemly(message), { ...details, transcript: this.trace.tail });
  }

  #settle(error: Pop3Error, broken?: Call): void {
    this.#failure = error;
    this.#patience.await(undefined, 0);
    this.#settled();
    this.#greeting?.reject(error);
    this.#greeting = undefined;
    const others = ['TRUNCATED', 'PROTOCOL', 'LIMIT'].includes(error.code) ? 'CLOSED' : error.code;
    for (const { request: call, sent } of this.#exchange.unanswered) {
      const { message, retryable } = error;
      const code = call === broken ? error.code : others;
      const own = code === error.code ? { retryable } : {};
      call.failed(this.error(code, `${call.shown}: ${message}`, { ...own, cause: error, command: call.shown }), sent);
    }
  }

  #attach(stream: Duplex): void {
    stream.on('error', (error) => this.#broke(error));
    stream.on('end', this.#onEnd).on('close', this.#onEnd).on('data', this.#onData);
    // One that came from elsewhere may have been paused there.
    stream.resume();
    if (stream.destroyed || stream.readableEnded) this.#broke(stream.errored ?? undefined);
  }

  readonly #onEnd = (): void => this.#broke(undefined);

  readonly #onData = (octets: Buffer): void => {
    this.#leave?.(false);
    if (this.#failure !== undefined) return;
    this.#exchange.receive(octets);
    this.#handle();
  };

  #broke(cause: unknown): void {
    this.#leave?.(true);
    if (this.#failure !== undefined || this.#switching) return;
    this.#cause ??= cause;
    this.#exchange.end();
    this.#handle();
  }

  #handle(): void {
    for (const event of this.#exchange.take()) {
      if (event.type !== 'send') this.#patience.renew();
      this.#act(event);
    }
    this.#await();
  }

  #act(event: ExchangeEvent<Call>): void {
    switch (event.type) {
      case 'send':
        this.#write(event.octets, event.requests);
        break;
      case 'greeting':
        this.#say(event.status);
        this.#greeting?.resolve(event.status);
        this.#greeting = undefined;
        break;
      case 'status':
        this.#say(event.status);
        event.request.status(event.status, event.over);
        break;
      case 'challenge':
        this.trace.server('+ [secret]');
        event.request.challenge?.(event.data);
        break;
      case 'line':
        event.request.listed?.(event.line);
        break;
      case 'lines':
        event.request.listed?.(event.octets);
        break;
      case 'octets':
        event.request.octets?.(event.octets);
        break;
      case 'whole':
        this.trace.server('.');
        event.request.whole?.();
        break;
      case 'distrust':
        this.distrust('a command that was refused among others works alone');
        break;
      case 'failed':
        this.#fell(event);
        break;
    }
  }

  /** From now on commands are sent one by one. */
  distrust(why: string): void {
    this.#distrusted = true;
    this.#exchange.pipelining = false;
    this.trace.warn(`this server is not to be trusted with pipelining: ${why}`);
  }

  #write(octets: Buffer, requests: readonly Call[]): void {
    for (const request of requests) this.trace.client(request.shown);
    if (!this.#stream.destroyed && !this.#stream.writableEnded) this.#stream.write(octets);
  }

  #say({ ok, text }: Status): void {
    this.trace.server(`${ok ? '+OK' : '-ERR'} ${text}`);
  }

  #fell({ failure, why, request }: Extract<ExchangeEvent<Call>, { type: 'failed' }>): void {
    // What stood behind the last word came with it.
    this.#leave?.(false);
    if (failure === 'protocol' && this.#exchange.outstanding > 1) this.distrust('what it answered makes no sense');
    const broke = failure === 'closed' && this.#cause !== undefined;
    const tls = broke && String((this.#cause as NodeJS.ErrnoException).code).startsWith('ERR_SSL');
    const code = tls ? 'TLS_HANDSHAKE' : broke ? 'NETWORK' : CODES[failure];
    const message = broke ? `the connection broke: ${reason(this.#cause)}` : why;
    this.fail(this.error(code, message, { cause: this.#cause }), request);
  }

  /** The error of what its caller ended. */
  aborted(signal: AbortSignal, command?: string): Pop3Error {
    const details = { cause: signal.reason, ...(command !== undefined && { command }) };
    return this.error('ABORTED', 'the caller ended it', details);
  }

  /** Tells what is awaited now, and for how long at most. */
  #await(): void {
    const { greetingTimeout, socketTimeout, readerTimeout } = this.#options;
    if (this.#failure !== undefined || this.#switching) this.#patience.await(undefined, 0);
    else if (this.#greeting !== undefined) this.#patience.await('greeting', greetingTimeout);
    else if (this.#paused) this.#patience.await('reader', readerTimeout);
    else if (this.#exchange.outstanding > 0) this.#patience.await('answer', socketTimeout);
    else this.#patience.await(undefined, 0);
  }

  #outOfPatience(awaited: Awaited, patience: number): void {
    const { outstanding, inside } = this.#exchange;
    if (awaited === 'answer' && outstanding > 1 && !inside) {
      this.distrust(`${outstanding} commands together got no answer`);
    }
    const what = awaited === 'reader' ? 'a letter that has come was left unread' : `no ${awaited} came`;
    this.fail(this.error('TIMEOUT', `${what} for ${patience} ms`));
  }
}
