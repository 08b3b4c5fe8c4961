import type { MaybePromise, Store } from '@restante/pop/maildrop';
import type { Clock, Connection, ConnectionError, ConnectionHandler, Timer } from '@restante/pop/server';
import { LineReader } from '@restante/pop/wire';
import { Incoming } from './incoming.ts';
import type { LmtpLimits } from './limits.ts';
import type { Outcome } from './outcome.ts';

import type { DeliveryReport, LmtpSessionReport } from './report.ts';
import type { Route, Routes } from './routes.ts';
import { DeliverySession, type Effect } from './session.ts';

/** What all conversations of one server share. */
export interface ConversationOptions {
  readonly store: Pick<Store, 'beginDelivery' | 'hasRoom'>;
  readonly routes: Routes;
  readonly hostname: string;
  readonly limits: LmtpLimits;
  readonly clock: Clock;
  readonly bareLineEnds: 'refuse' | 'normalise';
  readonly spacesRoundColon: boolean;
  readonly onDelivery?: (report: DeliveryReport) => void;
  readonly onSession?: (report: LmtpSessionReport) => void;
}

/**
 * Runs one session on one connection: octets become lines or a letter, effects become replies and calls. While a
 * look-up or the store takes its time, input waits; while the peer takes no replies, so does the work.
 */
export class Conversation implements ConnectionHandler {
  readonly #connection: Connection;
  readonly #options: ConversationOptions;
  readonly #id: string;
  readonly #session: DeliverySession;
  /** All input that was not worked on yet; while a letter comes in, no lines are asked of it. */
  readonly #input: LineReader;
  readonly #since: number;
  readonly #counts = { commands: 0, letters: 0, placed: 0, refusedRecipients: 0 };
  #letter: Incoming | undefined;
  /** Something was asked and is not answered: input waits. */
  #waiting = false;
  /** The peer has too many replies to take: input waits. */
  #held = false;
  #inputEnded = false;
  #gone = false;
  #flushing = false;
  #heardAt: number;
  #timer: Timer | undefined;
  #end: LmtpSessionReport['end'] = 'closed';
  #reason: string | undefined;
  #trouble: string | undefined;
  #brokenOff = false;

  constructor(connection: Connection, id: string, options: ConversationOptions) {
    const { hostname, limits, clock, spacesRoundColon } = options;
    this.#connection = connection;
    this.#options = options;
    this.#id = id;
    this.#session = new DeliverySession({ hostname, limits, spacesRoundColon });
    this.#input = new LineReader({ limit: limits.commandLine, bareLineFeed: false });
    this.#since = clock.now();
    this.#heardAt = this.#since;
  }

  /** Greets, and begins to listen. */
  start(): void {
    this.#connection.start(this);
    this.#perform(this.#session.step({ type: 'connected' }));
    this.#checkSilence();
  }

  octets(chunk: Buffer): void {
    this.#heardAt = this.#options.clock.now();
    this.#input.push(chunk);
    if (!this.#waiting && !this.#held) this.#work();
    else if (this.#input.pending > this.#options.limits.pendingInput) this.#connection.pause();
  }

  ended(): void {
    this.#inputEnded = true;
    if (!this.#waiting && !this.#held) this.#work();
  }

  written(): void {
    if (!this.#held) return;
    this.#held = false;
    if (!this.#waiting) this.#work();
  }

  /** STARTTLS is not spoken here. */
  secured(): void {}

  stop(): void {
    this.#perform(this.#session.step({ type: 'shutdown' }));
  }

  closed(error?: ConnectionError): void {
    this.#gone = true;
    this.#timer?.clear();
    this.#breakOff();
    if (error !== undefined) this.#reason ??= error.message;
    if (error !== undefined && error.kind !== 'lost') this.#end = 'error';
    if (!this.#waiting) this.#report();
  }

  /** Works on the input until it is used up, or until something has to be waited for. */
  #work(): void {
    try {
      while (!this.#waiting && !this.#connection.over) {
        if (this.#hasBacklog()) return;
        const worked = this.#letter === undefined ? this.#nextLine() : this.#nextOctets(this.#letter);
        if (!worked) {
          this.#rest();
          return;
        }
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Whether the peer must take replies first: one that only sends costs us no memory. */
  #hasBacklog(): boolean {
    const { replyBacklog } = this.#options.limits;
    if (this.#connection.backlog <= replyBacklog) return false;
    this.#connection.flush();
    this.#held = this.#connection.backlog > replyBacklog;
    return this.#held;
  }

  /** The input is used up: all replies go out (RFC 2920 §3.2). */
  #rest(): void {
    this.#connection.flush();
    this.#connection.resume();
    if (!this.#inputEnded) return;
    this.#breakOff();
    this.#connection.end();
  }

  #nextLine(): boolean {
    const line = this.#input.next();
    if (line === undefined) return false;
    this.#counts.commands += 1;
    this.#perform(
      this.#session.step(
        typeof line === 'string'
          ? { type: 'malformed-line', fault: line }
          : { type: 'line', line: line.toString('latin1') },
      ),
    );
    return true;
  }

  #nextOctets(letter: Incoming): boolean {
    const chunk = this.#input.takeRest();
    if (chunk.length === 0) return false;
    const taken = letter.take(chunk);
    if (!letter.ended) {
      if (taken instanceof Promise) this.#waitFor(taken);
      return true;
    }
    this.#input.push(letter.takeRest());
    this.#counts.letters += 1;
    this.#session.step({ type: 'letter-end' });
    this.#waitFor(taken instanceof Promise ? taken.then(() => this.#finish(letter)) : this.#finish(letter));
    return true;
  }

  #perform(effects: readonly Effect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case 'reply':
          this.#connection.write(effect.text);
          if (effect.flush) this.#connection.flush();
          break;
        case 'ask-room':
          this.#ask(this.#hasRoom(effect.octets), (enough) => this.#session.step({ type: 'room', enough }));
          break;
        case 'ask-route':
          this.#ask(this.#options.routes.resolve(effect.path), (route) => this.#routed(route));
          break;
        case 'receive':
          this.#letter = new Incoming(this.#id, this.#connection.peer, effect.transaction, this.#options);
          break;
        case 'close':
          this.#end = effect.end;
          this.#breakOff();
          this.#connection.end();
          break;
      }
    }
  }

  /** Goes on with an answer: at once when it is at hand. */
  #ask<T>(answer: MaybePromise<T>, next: (answer: T) => readonly Effect[]): void {
    if (answer instanceof Promise) this.#waitFor(answer.then((value) => this.#perform(next(value))));
    else this.#perform(next(answer));
  }

  #waitFor(promise: Promise<void>): void {
    this.#waiting = true;
    promise.then(this.#goOn, (error) => {
      this.#fail(error);
      this.#goOn();
    });
  }

  readonly #goOn = (): void => {
    this.#waiting = false;
    // The peer was silent because we were.
    this.#heardAt = this.#options.clock.now();
    if (this.#gone) this.#report();
    else this.#work();
  };

  #hasRoom(octets: number): MaybePromise<boolean> {
    const { store } = this.#options;
    const unknown = () => true;
    try {
      const enough = store.hasRoom?.(octets) ?? true;
      return enough instanceof Promise ? enough.catch(unknown) : enough;
    } catch {
      return unknown();
    }
  }

  #routed(route: Route): readonly Effect[] {
    if (route.type !== 'maildrop') this.#counts.refusedRecipients += 1;
    if (route.type === 'unavailable') this.#trouble ??= route.reason;
    return this.#session.step({ type: 'route', route });
  }

  /** The letter is whole: its outcomes become replies, each as soon as it is there (LM-08). */
  async #finish(letter: Incoming): Promise<void> {
    const outcomes: Outcome[] = [];
    for (const answer of await letter.outcomes()) {
      if (answer instanceof Promise && outcomes.length > 0) this.#flushSoon();
      const outcome = answer instanceof Promise ? await answer : answer;
      outcomes.push(outcome);
      this.#perform(this.#session.step({ type: 'outcome', outcome }));
    }
    this.#letter = undefined;
    if (outcomes.some(({ type }) => type === 'placed')) this.#counts.placed += 1;
    for (const outcome of outcomes) if (outcome.type === 'refused') this.#trouble ??= outcome.reason;
    this.#options.onDelivery?.(letter.report(outcomes));
  }

  /** Sends what was gathered, unless the next outcome is as good as there. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#connection.flush();
    });
  }

  /** A letter of which the rest will not come is not delivered. */
  #breakOff(): void {
    if (this.#letter === undefined || this.#letter.ended) return;
    this.#letter.abort();
    this.#letter = undefined;
    this.#brokenOff = true;
  }

  /** Closes the connection of a peer who has been silent for too long, and looks again later otherwise. */
  readonly #checkSilence = (): void => {
    const { clock, limits } = this.#options;
    const limit = this.#letter === undefined ? limits.idle : limits.stalledLetter;
    const left = this.#waiting || this.#held ? limit : this.#heardAt + limit - clock.now();
    if (left <= 0) this.#perform(this.#session.step({ type: 'idle' }));
    else this.#timer = clock.set(this.#checkSilence, Math.min(left, limits.idle, limits.stalledLetter));
  };

  /** An error that nobody foresaw ends this connection, and no other. */
  #fail(error: unknown): void {
    this.#end = 'error';
    this.#reason = error instanceof Error ? error.message : String(error);
    this.#breakOff();
    this.#connection.destroy();
  }

  #report(): void {
    this.#options.onSession?.({
      session: this.#id,
      protocol: 'lmtp',
      peer: this.#connection.peer,
      end: this.#end,
      ...(this.#reason !== undefined && { reason: this.#reason }),
      milliseconds: this.#options.clock.now() - this.#since,
      octetsIn: this.#connection.octetsIn,
      octetsOut: this.#connection.octetsOut,
      ...this.#counts,
      brokenOff: this.#brokenOff,
      ...(this.#trouble !== undefined && { trouble: this.#trouble }),
    });
  }
}
