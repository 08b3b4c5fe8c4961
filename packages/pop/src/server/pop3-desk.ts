import { type Actor, type Leaving, type Maildrop, type MaybePromise, StoreError } from '../maildrop/index.ts';
import type { Answer, Question } from '../pop3/effects.ts';
import type { PasswordLogin, SaslServerExchange, Verdict } from '../sasl/mechanism.ts';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import type { Pop3Options, SessionHandle, Visit } from './pop3-options.ts';

/** What a desk needs beyond what its server was given. */
export interface DeskOptions {
  readonly connection: Connection;
  /** The session's id. */
  readonly session: string;
  readonly hostname: string;
  readonly clock: Clock;
  /** How long the answer to a failed login is held back, in milliseconds. */
  readonly failureDelay: number;
  readonly loopbackExempt: boolean;
}

/**
 * Where one session's questions meet the outside: passwords, maildrops, the clock. What is thrown here becomes the answer
 * that the session has a reply for; what is at hand is answered without a promise.
 */
export class Pop3Desk {
  readonly #options: Pop3Options;
  readonly #desk: DeskOptions;
  #exchange: SaslServerExchange | undefined;
  #account = '';
  /** What is known of the login that was accepted last. */
  #accepted: Pick<Visit, 'login' | 'mechanism' | 'device'> = { login: '', mechanism: '' };
  #maildrop: Maildrop | undefined;
  /** Whether a question waits for its answer. */
  #asked = false;

  constructor(options: Pop3Options, desk: DeskOptions) {
    this.#options = options;
    this.#desk = desk;
  }

  perform(question: Question): MaybePromise<Answer> {
    const answered = this.#perform(question);
    if (!(answered instanceof Promise)) return answered;
    this.#asked = true;
    return answered.finally(() => {
      this.#asked = false;
    });
  }

  #perform(question: Question): MaybePromise<Answer> {
    switch (question.type) {
      case 'authenticate':
        return answer('authenticate', () => this.#authenticate(question.login), unavailable);
      case 'exchange': {
        const { mechanism, response } = question;
        const next = () => {
          if (mechanism !== undefined) this.#exchange = mechanism.serve(this.#context);
          if (this.#exchange === undefined) throw new Error('no exchange has begun');
          return this.#exchange.next(response);
        };
        return answer('exchange', next, unavailable);
      }
      case 'delay':
        return this.#delay();
      case 'open':
        return answer('open', () => this.#open(question.account), StoreError.from);
      case 'entries':
        return answer('entries', () => this.#opened.entries(question.from, question.to), StoreError.from);
      case 'read':
        return answer('read', () => this.#opened.read(question.number, question.from), StoreError.from);
      case 'expunge':
        return answer(
          'expunge',
          () => this.#opened.expunge(question.numbers, this.#actor, question.fetched),
          StoreError.from,
        );
      case 'extension': {
        const context = {
          state: question.state,
          ...(this.#maildrop !== undefined && { account: this.#account, maildrop: this.#maildrop }),
        };
        return answer('extension', () => question.command.handle(question.line, context), StoreError.from);
      }
      case 'terms': {
        const account = this.#maildrop === undefined ? undefined : this.#account;
        return answer(
          'terms',
          () => this.#options.terms?.(account) ?? {},
          () => ({}),
        );
      }
      case 'secure':
      case 'room':
        throw new Error(`${question.type} is the conversation's to answer`);
    }
  }

  /** Lets go of the maildrop, and tells it how that came. */
  leave(leaving: Leaving): void {
    this.#maildrop?.close(leaving);
    this.#maildrop = undefined;
  }

  get #context() {
    return { authenticate: (login: PasswordLogin) => this.#authenticate(login), hostname: this.#desk.hostname };
  }

  #authenticate(login: PasswordLogin): MaybePromise<Verdict> {
    const verdict = this.#options.authenticate(login, this.#desk.connection.peer);
    return verdict instanceof Promise
      ? verdict.then((decided) => this.#decided(login, decided))
      : this.#decided(login, verdict);
  }

  #decided({ authenticationIdentity, mechanism }: PasswordLogin, verdict: Verdict): Verdict {
    if (verdict.type === 'accepted') {
      const { device } = verdict;
      this.#accepted = { login: authenticationIdentity, mechanism, ...(device !== undefined && { device }) };
    }
    return verdict;
  }

  /** The machine's own users are not made to wait, unless strangers come in by loopback too. */
  #delay(): MaybePromise<Answer> {
    const { clock, connection, failureDelay, loopbackExempt } = this.#desk;
    if (failureDelay === 0 || (loopbackExempt && connection.peer.loopback)) return DELAYED;
    return new Promise((resolve) => clock.set(() => resolve(DELAYED), failureDelay));
  }

  #open(account: string): MaybePromise<Maildrop> {
    const keep = (maildrop: Maildrop): Maildrop => {
      this.#account = account;
      this.#maildrop = maildrop;
      this.#desk.connection.admit();
      return maildrop;
    };
    const { session, connection, clock } = this.#desk;
    const visit: Visit = { ...this.#accepted, session, peer: connection.peer, at: clock.now(), handle: this.#handle };
    const opened = this.#options.openMaildrop(account, visit);
    return opened instanceof Promise ? opened.then(keep) : keep(opened);
  }

  get #handle(): SessionHandle {
    const { connection } = this.#desk;
    const isAsked = () => this.#asked;
    return {
      get busy() {
        return isAsked();
      },
      get activity() {
        return connection.octetsIn + connection.octetsOut - connection.backlog;
      },
      get over() {
        return connection.over;
      },
      probe: () => connection.probe(),
      end: () => connection.destroy(),
    };
  }

  get #opened(): Maildrop {
    if (this.#maildrop === undefined) throw new Error('there is no maildrop before login');
    return this.#maildrop;
  }

  get #actor(): Actor {
    const { session, connection } = this.#desk;
    return { account: this.#account, session, address: connection.peer.address };
  }
}

const DELAYED: Answer = { type: 'delay', answer: undefined };

/** Who cannot be asked has not refused (RC-03). */
function unavailable(): Verdict {
  return { type: 'unavailable' };
}

/** Makes the answer of what `ask` returns, or of what it throws. */
function answer<T extends Answer['type'], Value extends Extract<Answer, { type: T }>['answer']>(
  type: T,
  ask: () => MaybePromise<Value>,
  failed: (error: unknown) => Extract<Answer, { type: T }>['answer'],
): MaybePromise<Answer> {
  try {
    const value = ask();
    return value instanceof Promise ? later(type, value, failed) : said(type, value);
  } catch (error) {
    return said(type, failed(error));
  }
}

function later(type: Answer['type'], value: Promise<unknown>, failed: (error: unknown) => unknown): Promise<Answer> {
  return value.then(
    (answered) => said(type, answered),
    (error) => said(type, failed(error)),
  );
}

function said(type: Answer['type'], value: unknown): Answer {
  return { type, answer: value } as Answer;
}
