import { LineReader } from '../wire/line-reader.ts';
import { view } from '../wire/octets.ts';
import { Unstuffer } from '../wire/unstuffer.ts';
import { ListingBlocks, type WrongListing } from './exchange-blocks.ts';
import { RequestQueue, type Sent } from './exchange-queue.ts';
import type { Request } from './exchange-request.ts';
import { parseStatus, type Status } from './exchange-status.ts';

/** What became of what was given to an {@link Exchange}, in order. */
export type ExchangeEvent<R extends Request> =
  /** Send this: these commands, or an answer to a challenge. */
  | { readonly type: 'send'; readonly octets: Buffer; readonly requests: readonly R[] }
  | { readonly type: 'greeting'; readonly status: Status }
  /** The first line of a response; `over` when it is the last one too. */
  | { readonly type: 'status'; readonly request: R; readonly status: Status; readonly over: boolean }
  /** The server asks for more, in base64: answer it by {@link Exchange.respond}. */
  | { readonly type: 'challenge'; readonly request: R; readonly data: string }
  /** A line of a listing, un-stuffed. */
  | { readonly type: 'line'; readonly request: R; readonly line: Buffer }
  /** Whole lines of a listing that is wanted in blocks, with their CRLF, un-stuffed. */
  | { readonly type: 'lines'; readonly request: R; readonly octets: Buffer }
  /** The letter's next octets, un-stuffed. */
  | { readonly type: 'octets'; readonly request: R; readonly octets: Buffer }
  /** The terminator has come: the response is whole. */
  | { readonly type: 'whole'; readonly request: R }
  /** The server answers pipelined commands otherwise than single ones: from now on they are sent one by one. */
  | { readonly type: 'distrust' }
  /** Nothing more comes of this connection. `request` is the one whose response broke. */
  | { readonly type: 'failed'; readonly failure: Failure; readonly why: string; readonly request?: R };

/**
 * How a conversation breaks:
 *
 * - `protocol`: the server said what cannot be
 * - `limit`: more than was allowed to come
 * - `truncated`: the end came inside a multi-line response
 * - `closed`: the end came between responses
 * - `injected`: there were octets between the +OK to STLS and the handshake (STLS-07)
 */
export type Failure = 'protocol' | 'limit' | 'truncated' | 'closed' | 'injected';

export interface ExchangeOptions {
  /** The longest line that is read, in octets with its CRLF; 16,384 holds every challenge there is (AUTH-14). */
  readonly line?: number;
}

const LINE = 16_384;

/**
 * The client's half of POP3: commands and octets in, events out. It knows the queue, what may be pipelined, where a
 * response ends, and what a server may not say; there is no socket, clock or randomness in it, and what the answers
 * mean is its caller's to decide.
 *
 * An -ERR without a response code to a command that was pipelined is not taken at its word: the command is sent once
 * more, alone. If it then works, the server drops or mixes up what comes together, and pipelining ends.
 */
export class Exchange<R extends Request> {
  /** Whether commands may be sent before those in front of them are answered. For the owner to set, by CAPA. */
  pipelining = false;
  readonly #limit: number;
  readonly #reader: LineReader;
  #events: ExchangeEvent<R>[] = [];
  #state: 'greeting' | 'ready' | 'challenged' | 'switching' | 'over' = 'greeting';
  readonly #queue = new RequestQueue<R>();
  /** The multi-line response that is being read. */
  #body: Unstuffer | undefined;
  /** Its lines, when it is a listing, and how many there were. */
  #listing: LineReader | ListingBlocks | undefined;
  #lines = 0;
  /** Octets since the last whole line. */
  #unfinished = 0;

  constructor({ line = LINE }: ExchangeOptions = {}) {
    this.#limit = line;
    this.#reader = new LineReader({ limit: line, bareLineFeed: false });
  }

  /** Commands sent and not answered whole. */
  get outstanding(): number {
    return this.#queue.outstanding;
  }

  /** Whether a multi-line response has begun and is not whole. */
  get inside(): boolean {
    return this.#body !== undefined;
  }

  /** Whether nothing is under way and nothing waits. */
  get idle(): boolean {
    return this.#queue.idle;
  }

  /**
   * Those that were given and have no whole answer yet, in order, and whether the server may have seen them: for when the
   * connection is lost.
   */
  get unanswered(): readonly { readonly request: R; readonly sent: boolean }[] {
    return this.#queue.all;
  }

  /** What has happened since the last call. */
  take(): readonly ExchangeEvent<R>[] {
    const events = this.#events;
    if (events.length > 0) this.#events = [];
    return events;
  }

  /** Puts a command at the end of the queue. */
  request(request: R): void {
    this.#queue.push(request);
    this.#pump();
  }

  /** Takes back a command that was not sent yet; false when it was. */
  withdraw(request: R): boolean {
    return this.#queue.withdraw(request);
  }

  /** Answers a challenge by a line. No limit of RFC 2449 is on it (AUTH-14). */
  respond(line: string): void {
    if (this.#state !== 'challenged') throw new Error('there is no challenge to answer');
    this.#state = 'ready';
    this.#events.push({ type: 'send', octets: Buffer.from(`${line}\r\n`, 'latin1'), requests: [] });
  }

  /** The handshake behind STLS is done: what comes now comes through TLS. */
  switched(): void {
    if (this.#state !== 'switching') throw new Error('there is no switch of protocol under way');
    this.#state = 'ready';
    this.#pump();
  }

  /** Takes octets as they came. They must not be changed afterwards. */
  receive(octets: Uint8Array): void {
    let input: Buffer | undefined = view(octets);
    while (input !== undefined && input.length > 0 && this.#state !== 'over') {
      if (this.#body !== undefined) {
        input = this.#takeBody(this.#body, input);
      } else {
        this.#unfinished += input.length;
        this.#reader.push(input);
        input = this.#takeLines();
      }
    }
    this.#pump();
  }

  /** The server sends no more. */
  end(): void {
    if (this.#body !== undefined) this.#fail('truncated', 'the connection ended inside the response');
    else this.#fail('closed', 'the server closed the connection');
  }

  /** Reads lines until one begins a multi-line response: then the octets behind it are answered. */
  #takeLines(): Buffer | undefined {
    for (;;) {
      const line = this.#reader.next();
      if (line === undefined) {
        if (this.#unfinished > this.#limit) this.#tooLong();
        else if (this.#reader.pending > 0) this.#mayStillCome();
        return undefined;
      }
      if (line === 'too-long') {
        this.#tooLong();
        return undefined;
      }
      if (line === 'bare-line-feed') {
        this.#fail('protocol', 'a line ends with LF and no CR');
        return undefined;
      }
      this.#unfinished = this.#reader.pending;
      this.#takeLine(line);
      if (this.#over()) return undefined;
      if (this.#body !== undefined) return this.#reader.takeRest();
    }
  }

  #over(): boolean {
    return this.#state === 'over';
  }

  /** Octets of a line that nothing asked for need no end to be too many. */
  #mayStillCome(): void {
    if (this.#state === 'switching') {
      this.#fail('injected', 'there were octets between the +OK to STLS and the handshake');
    } else if (this.#state === 'challenged') {
      this.#fail('protocol', 'the server went on before its challenge was answered');
    } else if (this.#state === 'ready' && this.#queue.outstanding === 0) {
      this.#fail('protocol', 'the server sent something that was not asked for');
    }
  }

  #takeLine(line: Buffer): void {
    const status = parseStatus(line);
    const { current } = this.#queue;
    if (this.#state === 'greeting') {
      this.#greeting(status);
    } else if (this.#state !== 'ready' || current === undefined) {
      this.#mayStillCome();
    } else if (status === undefined) {
      this.#fail('protocol', 'a response begins with neither +OK nor -ERR');
    } else if (!('challenge' in status)) {
      this.#status(current, status);
    } else if (current.request.reply === 'challenges') {
      this.#state = 'challenged';
      this.#events.push({ type: 'challenge', request: current.request, data: status.challenge });
    } else {
      this.#fail('protocol', 'a challenge came where none can be');
    }
  }

  #greeting(status: ReturnType<typeof parseStatus>): void {
    if (status === undefined || 'challenge' in status) {
      this.#fail('protocol', 'the greeting begins with neither +OK nor -ERR');
    } else {
      this.#state = 'ready';
      this.#events.push({ type: 'greeting', status });
    }
  }

  #status({ request, shared, second }: Sent<R>, status: Status): void {
    if (!status.ok && status.code === undefined && shared) {
      this.#queue.askAgain();
      return;
    }
    if (status.ok && second && this.pipelining) {
      this.pipelining = false;
      this.#events.push({ type: 'distrust' });
    }
    const multiline = status.ok && (request.reply === 'lines' || request.reply === 'letter');
    this.#events.push({ type: 'status', request, status, over: !multiline });
    if (multiline) this.#begin(request);
    else this.#queue.answered();
    if (status.ok && request.reply === 'switch') this.#state = 'switching';
  }

  #begin(request: R): void {
    this.#body = new Unstuffer({ findings: false });
    this.#lines = 0;
    this.#unfinished = 0;
    if (request.reply !== 'lines') this.#listing = undefined;
    else if (request.inBlocks) this.#listing = new ListingBlocks({ line: this.#limit, lines: request.limit });
    else this.#listing = new LineReader({ limit: this.#limit, bareLineFeed: false });
  }

  /** The response's next octets; what stands behind its end is answered. */
  #takeBody(body: Unstuffer, input: Buffer): Buffer | undefined {
    const request = this.#queue.current?.request as R;
    const octets = body.unstuff(input);
    if (this.#listing instanceof ListingBlocks) {
      this.#listBlock(this.#listing, request, octets);
    } else if (this.#listing !== undefined) {
      this.#list(this.#listing, request, octets);
    } else if (body.octets > request.limit) {
      this.#fail('limit', `the response has more than ${request.limit} octets`);
    } else if (octets.length > 0) {
      this.#events.push({ type: 'octets', request, octets });
    }
    if (!body.ended || this.#over()) return undefined;
    this.#body = undefined;
    this.#listing = undefined;
    this.#unfinished = 0;
    this.#queue.answered();
    this.#events.push({ type: 'whole', request });
    return body.takeRest();
  }

  #list(listing: LineReader, request: R, octets: Buffer): void {
    this.#unfinished += octets.length;
    listing.push(octets);
    for (let line = listing.next(); line !== undefined && !this.#over(); line = listing.next()) {
      this.#lines += 1;
      this.#unfinished = listing.pending;
      if (typeof line === 'string') this.#noListing(line, request);
      else if (this.#lines > request.limit) this.#noListing('too-many', request);
      else this.#events.push({ type: 'line', request, line });
    }
    if (this.#unfinished > this.#limit) this.#tooLong();
  }

  #listBlock(listing: ListingBlocks, request: R, octets: Buffer): void {
    const { lines, wrong } = listing.take(octets);
    if (lines.length > 0) this.#events.push({ type: 'lines', request, octets: lines });
    if (wrong !== undefined) this.#noListing(wrong, request);
  }

  #noListing(wrong: WrongListing, { limit }: R): void {
    if (wrong === 'too-long') this.#tooLong();
    else if (wrong === 'bare-line-feed') this.#fail('protocol', 'a line of the listing ends with LF and no CR');
    else if (wrong === 'too-many') this.#fail('limit', `the listing has more than ${limit} lines`);
    else this.#fail('limit', `the listing has more octets than ${limit} lines can have`);
  }

  /** Sends what may be sent now, in one write. */
  #pump(): void {
    if (this.#state !== 'ready') return;
    const requests = this.#queue.next(this.pipelining);
    if (requests.length === 0) return;
    const octets = Buffer.from(requests.map(({ line }) => `${line}\r\n`).join(''));
    this.#events.push({ type: 'send', octets, requests });
  }

  #tooLong(): void {
    this.#fail('limit', `a line has more than ${this.#limit} octets`);
  }

  #fail(failure: Failure, why: string): void {
    if (this.#over()) return;
    this.#state = 'over';
    const request = this.#queue.current?.request;
    this.#events.push({ type: 'failed', failure, why, ...(request !== undefined && { request }) });
  }
}
