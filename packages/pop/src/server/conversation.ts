import type { Machine, MachineEffect, MachineInput } from '../dialogue/machine.ts';
import type { MaybePromise } from '../maildrop/maildrop.ts';
import type { Clock, Timer } from './clock.ts';
import type { Connection, ConnectionError, ConnectionHandler } from './connection.ts';

/** How a conversation ended: by the machine's decision, or by what befell the connection. */
export interface Ending<End extends string> {
  readonly end: End | 'closed' | 'idle' | 'error' | 'limit';
  readonly reason?: string;
}

export interface ConversationOptions<Question extends { readonly type: string }, Answer, End extends string> {
  readonly machine: Machine<Question, Answer, End>;
  /** Does what the machine asks for. At once where it can: only a promise costs a turn. */
  readonly perform: (question: Question) => MaybePromise<Answer>;
  /** Told once, when the connection is gone and nothing is being performed any more. */
  readonly ended: (ending: Ending<End>) => void;
  readonly clock: Clock;
  /** Octets received and not worked on, before the socket is no longer read. */
  readonly pendingInput: number;
  /** Octets not taken by the peer, before nothing more is performed. */
  readonly replyBacklog: number;
  /** The autologout timer, in milliseconds. */
  readonly idle: number;
  /** What a peer who was idle for too long is told: a 421 in SMTP and LMTP, and nothing in POP3 (P3-18). */
  readonly farewell?: string;
}

/** Octets sent without a break, before other connections get their turn. */
const TURN = 1024 * 1024;

/**
 * Runs a protocol's pure half on a connection. The rules that no protocol should have to repeat: nothing is performed
 * while the peer leaves too much untaken; replies of one turn are one write; a session that waits for its peer too long
 * is closed (P3-18), but never while something is under way (P3-19).
 */
export class Conversation<Question extends { readonly type: string }, Answer, End extends string>
  implements ConnectionHandler
{
  readonly #connection: Connection;
  readonly #options: ConversationOptions<Question, Answer, End>;
  readonly #machine: Machine<Question, Answer, End>;
  /** What the machine waits for, if not for octets. */
  #question: MachineEffect<End> | Question | undefined;
  /** Whether that is being performed, and its answer is still to come. */
  #performing = false;
  #greeted = false;
  #gone = false;
  #ending: Ending<End> | undefined;
  #idleTimer: Timer | undefined;
  /** When the machine last did something, or the peer last took something of a reply. */
  #activeAt = 0;
  /** Whether it did something that `#activeAt` does not tell yet: the clock is read once a turn. */
  #active = false;
  #sentThisTurn = 0;
  #resting = false;

  constructor(connection: Connection, options: ConversationOptions<Question, Answer, End>) {
    this.#connection = connection;
    this.#options = options;
    this.#machine = options.machine;
  }

  /** Begins: with TLS first where `secure` says so. */
  start(begin: { readonly secure: boolean }): void {
    const { clock, idle } = this.#options;
    this.#activeAt = clock.monotonic();
    this.#idleTimer = clock.set(this.#checkIdle, idle);
    this.#connection.start(this);
    if (begin.secure) this.#connection.secure({ first: true });
    else this.#greet();
  }

  octets(chunk: Buffer): void {
    this.#sentThisTurn = 0;
    this.#step({ type: 'octets', octets: chunk });
  }

  ended(): void {
    this.#step({ type: 'ended' });
  }

  written(): void {
    if (this.#connection.backlog === 0) this.#activeAt = this.#options.clock.monotonic();
    if (!this.#performing) this.#goOn();
  }

  secured(): void {
    if (!this.#greeted) {
      this.#greet();
    } else {
      this.#question = undefined;
      this.#performing = false;
      this.#step({ type: 'secure', answer: undefined });
    }
  }

  stop(why: 'limit' | 'shutdown'): void {
    if (why === 'shutdown' && this.#greeted) {
      this.#step({ type: 'shutdown' });
    } else {
      this.#ending ??= { end: why as End, reason: why === 'limit' ? 'shed to make room for others' : 'not begun yet' };
      this.#connection.destroy();
    }
  }

  closed(error?: ConnectionError): void {
    this.#gone = true;
    this.#idleTimer?.clear();
    this.#ending ??= endingOf(error);
    // TLS that will not come is no work under way.
    if (!this.#performing || this.#question?.type === 'secure') this.#options.ended(this.#ending);
  }

  #greet(): void {
    this.#greeted = true;
    this.#step({ type: 'connected' });
  }

  /** Gives the machine an input and does what follows from it. A fault in it ends this conversation and no other. */
  #step(input: MachineInput | Answer): void {
    if (this.#gone) return;
    try {
      this.#apply(this.#machine.step(input));
      this.#work();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Goes on with a question that was held back. */
  #goOn(): void {
    if (this.#gone) return;
    try {
      this.#work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #apply(effects: readonly (MachineEffect<End> | Question)[]): void {
    if (effects.length > 0) this.#active = true;
    for (const effect of effects) {
      if (isSend(effect)) {
        this.#connection.write(effect.octets);
        this.#sentThisTurn += effect.octets.length;
      } else if (isEnd(effect)) {
        const { end, reason } = effect;
        this.#ending ??= { end, ...(reason !== undefined && { reason }) };
        if (effect.type === 'close') this.#connection.end();
        else this.#connection.destroy();
      } else {
        this.#question = effect;
      }
    }
  }

  /** Performs what is asked for as long as it can be answered at once, then sends what has gathered. */
  #work(): void {
    while (this.#question !== undefined && !this.#performing && !this.#connection.over && this.#hasRoom()) {
      const question = this.#question;
      if (question.type === 'secure') {
        this.#performing = true;
        this.#connection.secure();
        break;
      }
      const answer = question.type === 'room' ? ROOM : this.#options.perform(question as Question);
      if (answer instanceof Promise) {
        this.#await(answer);
        break;
      }
      this.#question = undefined;
      this.#apply(this.#machine.step(answer));
    }
    this.#connection.flush();
    if (this.#active) {
      this.#active = false;
      this.#activeAt = this.#options.clock.monotonic();
    }
    const { pendingInput, replyBacklog } = this.#options;
    // Without a question open, what is pending is one unfinished line, and has to be read to its end.
    const waits = this.#question !== undefined && this.#machine.pending > pendingInput;
    // A peer that leaves its replies untaken is not read either, or they would grow with each command it sends.
    if (waits || this.#connection.backlog > replyBacklog) this.#connection.pause();
    else this.#connection.resume();
  }

  /** Whether the peer has taken enough, and others had their turn. If not, the question is taken up again later. */
  #hasRoom(): boolean {
    const { replyBacklog } = this.#options;
    if (this.#connection.backlog > replyBacklog) {
      this.#connection.flush();
      if (this.#connection.backlog > replyBacklog) return false;
    }
    if (this.#sentThisTurn <= TURN) return true;
    if (!this.#resting) {
      this.#resting = true;
      setImmediate(() => {
        this.#resting = false;
        this.#sentThisTurn = 0;
        this.#goOn();
      });
    }
    return false;
  }

  #await(answer: Promise<Answer>): void {
    this.#performing = true;
    answer.then(
      (value) => {
        this.#performing = false;
        this.#question = undefined;
        if (this.#gone) this.#options.ended(this.#ending ?? { end: 'closed' });
        else this.#step(value);
      },
      (error) => {
        this.#performing = false;
        if (this.#gone) this.#options.ended(this.#ending ?? { end: 'closed' });
        else this.#fail(error);
      },
    );
  }

  /** A programmer's error: the peer must not take what it has for whole. */
  #fail(error: unknown): void {
    this.#question = undefined;
    this.#ending ??= { end: 'error', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    this.#connection.destroy();
  }

  readonly #checkIdle = (): void => {
    const { clock, idle } = this.#options;
    if (this.#gone || this.#connection.over) return;
    const busy = this.#question !== undefined || this.#connection.backlog > 0;
    const left = busy ? idle : this.#activeAt + idle - clock.monotonic();
    if (left > 0) {
      this.#idleTimer = clock.set(this.#checkIdle, left);
    } else {
      this.#ending ??= { end: 'idle' };
      if (this.#options.farewell !== undefined) this.#connection.write(this.#options.farewell);
      this.#connection.end();
    }
  };
}

const ROOM = { type: 'room', answer: undefined } as const;

function isSend(effect: { readonly type: string }): effect is { type: 'send'; octets: string | Uint8Array } {
  return effect.type === 'send';
}

function isEnd<End extends string>(
  effect: MachineEffect<End> | { readonly type: string },
): effect is { type: 'close' | 'destroy'; end: End; reason?: string } {
  return effect.type === 'close' || effect.type === 'destroy';
}

function endingOf(error: ConnectionError | undefined): Ending<never> {
  if (error === undefined) return { end: 'closed' };
  const end = error.kind === 'lost' ? 'closed' : error.kind === 'stalled' ? 'limit' : 'error';
  return { end, reason: error.message };
}
