import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { Request } from '../pop3/exchange-request.ts';
import type { Status } from '../pop3/exchange-status.ts';
import { Body } from './body.ts';
import { refusal } from './calls.ts';
import { Pop3Error, type Pop3ErrorCode } from './error.ts';
import type { Call, Link } from './link.ts';
import { giveReceipt, type Receipt } from './receipt.ts';
import type { MessageNumber, UniqueId } from './words.ts';

/** A letter that came whole: its terminator was seen. */
export interface Retrieved {
  /** Octets as they came, un-stuffed. */
  readonly octets: number;
  /** SHA-256 of them, in hexadecimal. */
  readonly sha256: string;
  /** What LIST said, if it was asked. Servers err here, so a difference is for the caller to judge. */
  readonly declaredOctets: number | undefined;
}

/** The letter that is wanted. */
export interface Wanted {
  readonly number: MessageNumber;
  readonly uniqueId: UniqueId | undefined;
  readonly declaredOctets: number | undefined;
}

/**
 * A letter on its way. It is read once: as a web stream (`body`), as a stream of Node's (`stream()`), or by `for await`.
 * Letters come in the order in which they were asked for, so they are to be read in that order; one that is not read
 * holds up all that was asked for behind it, until `readerTimeout` ends the session.
 *
 * A reader that leaves early ends the letter: what is still to come is read and thrown away if it is little
 * (`limits.drain`), else the connection is dropped.
 */
export class Retrieval implements AsyncIterable<Buffer> {
  readonly number: MessageNumber;
  readonly uniqueId: UniqueId | undefined;
  /** Settles when the letter has come whole, or with the error that it broke off by. Nobody has to look at it. */
  readonly done: Promise<Retrieved>;
  readonly #body: Body;
  readonly #session: object;
  readonly #left: () => Pop3Error;

  /** For the client. */
  constructor(link: Link, session: object, wanted: Wanted, how: Transfer) {
    this.number = wanted.number;
    this.uniqueId = wanted.uniqueId;
    this.#session = session;
    const { body, done, left } = transfer(link, wanted, how);
    this.#body = body;
    this.#left = left;
    this.done = done;
    done.catch(() => {});
  }

  /** The letter's octets as a web stream. */
  get body(): ReadableStream<Uint8Array> {
    return this.#body.webStream();
  }

  /** The letter's octets as a stream of Node's. */
  stream(): Readable {
    return this.#body.nodeStream();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer> {
    return this.#body[Symbol.asyncIterator]();
  }

  /** Wants no more of it. Whoever is reading it, and has not read all, gets an `ABORTED`. */
  leave(): void {
    this.#body.leave(this.#left());
  }

  /**
   * Gives a receipt once `keep` has made the letter safe (written, synced, or acknowledged by whoever has it now) and the
   * letter has come whole and was read to its end. `keep` is called at once, and may do the reading itself. What it throws
   * is passed on: then the letter is left, and there is no receipt.
   *
   * ```ts
   * const receipt = await letter.retrieve().stored((it) => pipeline(it.stream(), createWriteStream(file, { flush: true })));
   * ```
   */
  async stored(keep: (letter: Retrieval) => unknown): Promise<Receipt> {
    const kept = async () => {
      await keep(this);
      // Nobody will read it now, and unread it may never come whole.
      if (!this.#body.isTaken) this.#unread();
    };
    const [letter] = await Promise.all([this.done, kept()]).catch((error: unknown) => {
      this.leave();
      throw error;
    });
    if (!this.#body.readToItsEnd) this.#unread();
    const { number, uniqueId } = this;
    return giveReceipt(this.#session, { number, uniqueId, octets: letter.octets, sha256: letter.sha256 });
  }

  #unread(): never {
    throw new Pop3Error('ARGUMENT', `letter ${this.number} was not read to its end, so it cannot be stored`);
  }
}

/** How a letter is transferred. */
export interface Transfer {
  readonly request: Request;
  /** Octets that are thrown away at most. */
  readonly drain: number;
  readonly signal?: AbortSignal | undefined;
  /** What an -ERR without a code means; default `REFUSED`. */
  readonly otherwise?: Pop3ErrorCode;
}

/** The command that a letter comes by, and what is made of its octets. */
function transfer(link: Link, wanted: Wanted, { request, drain, signal, otherwise: code = 'REFUSED' }: Transfer) {
  const hash = createHash('sha256');
  let octets = 0;
  /** Octets thrown away. */
  let drained = 0;
  let settle: { resolve(letter: Retrieved): void; reject(error: Pop3Error): void };
  const done = new Promise<Retrieved>((resolve, reject) => {
    settle = { resolve, reject };
  });

  const fail = (error: Pop3Error): void => {
    signal?.removeEventListener('abort', abort);
    settle.reject(error);
    body.fail(error);
  };
  const left = () => link.error('ABORTED', `${request.shown}: its reader has left`, { command: request.shown });
  const leave = (error: Pop3Error): void => {
    fail(error);
    if (link.withdraw(call)) return;
    const rest = (wanted.declaredOctets ?? 0) - octets;
    if (rest > drain) link.fail(error);
  };
  const abort = (): void => {
    const error = link.aborted(signal as AbortSignal, request.shown);
    body.abort(error);
    leave(error);
  };
  const body = new Body({
    taken: (taken) => link.holds(-taken),
    left: () => leave(left()),
  });
  const call: Call = {
    ...request,
    status(status: Status) {
      if (!status.ok) fail(refusal(link, request.shown, status, { code }));
    },
    octets(part) {
      octets += part.length;
      if (body.isOver) {
        drained += part.length;
        if (drained > drain) link.fail(left());
        return;
      }
      hash.update(part);
      link.holds(part.length);
      body.push(part);
    },
    whole() {
      signal?.removeEventListener('abort', abort);
      link.trace.note(`${octets} octets`);
      settle.resolve({ octets, sha256: hash.digest('hex'), declaredOctets: wanted.declaredOctets });
      body.whole();
    },
    failed: fail,
  };
  if (signal?.aborted) {
    fail(link.aborted(signal, request.shown));
  } else {
    signal?.addEventListener('abort', abort);
    link.send(call);
  }
  return { body, done, left };
}
