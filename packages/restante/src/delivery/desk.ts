import type { MaybePromise, Store } from '@restante/pop/maildrop';
import type { Clock, Connection } from '@restante/pop/server';
import type { Answer, LetterFaults, Question } from './effects.ts';
import { HeldRoom } from './held-room.ts';
import { Incoming } from './incoming.ts';
import type { Refused } from './outcome.ts';
import type { Protocol } from './protocol.ts';
import type { DeliveryReport } from './report.ts';
import type { Route, Routes } from './routes.ts';

export interface DeskOptions {
  readonly protocol: Protocol;
  readonly store: Pick<Store, 'beginDelivery' | 'hasRoom' | 'reserve'>;
  readonly routes: Routes;
  readonly hostname: string;
  readonly letterLimit: number;
  readonly bareLineEnds: 'refuse' | 'normalise';
  readonly clock: Clock;
  readonly onDelivery?: (report: DeliveryReport) => void;
}

/** What a desk did in one session, for the log. */
export interface DeskTally {
  /** Letters taken whole, and of these those that were placed for at least one recipient. */
  letters: number;
  placed: number;
  /** Recipients refused at RCPT. */
  refusedRecipients: number;
  /** Whether the session ended in the middle of a letter, which is then not delivered. */
  brokenOff: boolean;
  /** The first failure of a look-up or of the store. */
  trouble?: string;
}

/**
 * Where one session's questions meet the outside: the accounts, the store, the clock. What is at hand is answered
 * without a promise.
 */
export class DeliveryDesk {
  readonly tally: DeskTally = { letters: 0, placed: 0, refusedRecipients: 0, brokenOff: false };
  readonly #options: DeskOptions;
  readonly #session: string;
  readonly #connection: Pick<Connection, 'peer'>;
  /** Kept for the letter whose recipients are being named. */
  #room: HeldRoom | undefined;
  #letter: Incoming | undefined;
  /** Resolves when the letter whose end was seen last is reported. */
  #reported: Promise<void> | undefined;

  constructor(session: string, connection: Pick<Connection, 'peer'>, options: DeskOptions) {
    this.#session = session;
    this.#connection = connection;
    this.#options = options;
  }

  perform(question: Question): MaybePromise<Answer> {
    switch (question.type) {
      case 'space':
        return answer('space', this.#hasSpace(question.octets));
      case 'route': {
        const route = this.#options.routes.resolve(question.path);
        const go = (found: Route) => this.#routed(found, question.declared);
        return route instanceof Promise ? route.then(go) : go(route);
      }
      case 'receive':
        this.#letter = new Incoming(question.transaction, this.#options.clock, {
          ...this.#options,
          peer: this.#connection.peer,
          session: this.#session,
          ...(this.#room !== undefined && { room: this.#room }),
        });
        this.#room = undefined;
        return RECEIVED;
      case 'write': {
        const written = this.#incoming.write(question.octets, question.faults);
        return answer('write', written);
      }
      case 'outcomes':
        return this.#outcomes(this.#incoming, question.faults);
      case 'forget':
        this.#forget();
        return FORGOTTEN;
      case 'secure':
      case 'room':
        throw new Error(`${question.type} is the conversation’s to answer`);
    }
  }

  /** The session is over: a letter that is not whole is dropped. `done` is called when one that is whole is reported. */
  leave(done: () => void): void {
    this.tally.brokenOff = this.#letter?.ended === false;
    this.#forget();
    if (this.#reported === undefined) done();
    else this.#reported.then(done, done);
  }

  /** Nothing is kept of what is not whole. */
  #forget(): void {
    this.#room?.release();
    this.#room = undefined;
    if (this.#letter?.ended === false) this.#letter.abort();
    this.#letter = undefined;
  }

  get #incoming(): Incoming {
    if (this.#letter === undefined) throw new Error('there is no letter before DATA');
    return this.#letter;
  }

  /** A store that cannot tell has room until it says otherwise. */
  #hasSpace(octets: number): MaybePromise<boolean> {
    const { store } = this.#options;
    const unknown = () => true;
    try {
      const enough = store.hasRoom?.(octets) ?? true;
      return enough instanceof Promise ? enough.catch(unknown) : enough;
    } catch {
      return unknown();
    }
  }

  #routed(route: Route, declared: number | undefined): MaybePromise<Answer> {
    if (route.type !== 'maildrops') return this.#decided(route);
    this.#room ??= new HeldRoom(this.#options.store, declared);
    const held = this.#room.hold(route.maildrops);
    if (held instanceof Promise) return held.then((refusal) => this.#decided(refusal ?? route));
    return this.#decided(held ?? route);
  }

  #decided(route: Route | Refused): Answer {
    if (route.type !== 'maildrops') this.tally.refusedRecipients += 1;
    if (route.type === 'unavailable' || route.type === 'refused') this.tally.trouble ??= route.reason;
    return { type: 'route', answer: route };
  }

  #outcomes(letter: Incoming, faults: LetterFaults): MaybePromise<Answer> {
    if (letter.ended) return answer('outcomes', letter.next());
    this.tally.letters += 1;
    const asked = letter.end(faults);
    if (asked instanceof Promise) return asked.then(() => this.#asked(letter));
    return this.#asked(letter);
  }

  #asked(letter: Incoming): MaybePromise<Answer> {
    const reported = this.#report(letter).then(() => {
      if (this.#reported === reported) this.#reported = undefined;
    });
    this.#reported = reported;
    return answer('outcomes', letter.next());
  }

  async #report(letter: Incoming): Promise<void> {
    const outcomes = await letter.whole();
    if (outcomes.some(({ type }) => type === 'placed')) this.tally.placed += 1;
    for (const outcome of outcomes) if (outcome.type === 'refused') this.tally.trouble ??= outcome.reason;
    this.#options.onDelivery?.(letter.report(outcomes, this.#options.clock));
  }
}

const RECEIVED: Answer = { type: 'receive', answer: undefined };
const FORGOTTEN: Answer = { type: 'forget', answer: undefined };

function answer<T extends 'space' | 'write' | 'outcomes'>(
  type: T,
  value: MaybePromise<Extract<Answer, { type: T }>['answer']>,
): MaybePromise<Answer> {
  const say = (given: unknown) => ({ type, answer: given }) as Answer;
  return value instanceof Promise ? value.then(say) : say(value);
}
