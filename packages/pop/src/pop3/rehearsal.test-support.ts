import { type Maildrop, memoryMaildrop, StoreError } from '../maildrop/index.ts';
import { login } from '../sasl/login.ts';
import type { PasswordLogin, SaslServerExchange, SaslStep, Verdict } from '../sasl/mechanism.ts';
import { plain } from '../sasl/plain.ts';
import type { Answer, Effect, Question } from './effects.ts';
import { type Pop3ServiceOptions, pop3Service } from './service.ts';
import { Session } from './session.ts';

/** What a rehearsal is made of. What is not given is as ordinary as can be: user tim, password tanstaaf, cleartext allowed. */
export interface Scene {
  readonly maildrop?: Maildrop;
  readonly cleartext?: boolean;
  readonly secure?: boolean;
  readonly certificate?: boolean;
  readonly service?: Partial<Pop3ServiceOptions>;
  readonly authenticate?: (login: PasswordLogin) => Verdict;
  /** Stands in for the answer to a question; `undefined` leaves it as it is. */
  readonly answer?: (question: Question) => Answer | undefined;
}

/** Two messages, of 30 and of 200 octets; the first has a line that begins with a dot. */
export function twoMessages(): Maildrop {
  return memoryMaildrop(['A: b\n\nfirst\n.dotted\nlast', `B: c\n\n${'x'.repeat(190)}`]);
}

export function base64(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64');
}

export const EMPTY: Maildrop = {
  count: 0,
  octets: 0,
  entries: () => [],
  read: () => new Uint8Array(),
  expunge: async () => ({ notRemoved: [] }),
  close() {},
};

/** Plays a session in memory, with every question answered at once, and writes down what comes of it. */
export class Rehearsal {
  readonly session: Session;
  readonly questions: Question[] = [];
  /** Everything sent, as Latin-1. */
  output = '';
  /** How it ended: `close quit`, `destroy error`, … */
  ending: string | undefined;
  reason: string | undefined;
  readonly #scene: Scene;
  readonly #maildrop: Maildrop;
  #exchange: SaslServerExchange | undefined;

  constructor(scene: Scene = {}) {
    this.#scene = scene;
    this.#maildrop = scene.maildrop ?? EMPTY;
    const service = pop3Service({
      hostname: 'example.net',
      mechanisms: [plain, login],
      commands: [],
      implementation: false,
      bareLineFeed: true,
      saslLine: 12_288,
      failedLogins: 3,
      badCommands: 10,
      ...scene.service,
    });
    this.session = new Session(service, {
      cleartext: scene.cleartext ?? true,
      secure: scene.secure ?? false,
      certificate: scene.certificate ?? false,
    });
  }

  /** Greets, then takes these octets, each part as it came from the network. Answers itself. */
  play(...parts: readonly (string | Uint8Array)[]): this {
    this.#take(this.session.step({ type: 'connected' }));
    return this.give(...parts);
  }

  give(...parts: readonly (string | Uint8Array)[]): this {
    for (const part of parts) {
      const octets = typeof part === 'string' ? Buffer.from(part, 'latin1') : part;
      this.#take(this.session.step({ type: 'octets', octets }));
    }
    return this;
  }

  step(input: { readonly type: 'ended' | 'shutdown' }): this {
    this.#take(this.session.step(input));
    return this;
  }

  /** The lines after the greeting, as a client sees them. */
  get lines(): string[] {
    return this.output.split('\r\n').slice(1, -1);
  }

  /** The lines' status indicators alone, for what only accepts or refuses. */
  get statuses(): string[] {
    return this.lines.map((line) => line.split(' ', 1)[0] ?? '');
  }

  #take(first: readonly Effect[]): void {
    let effects = first;
    for (;;) {
      let question: Question | undefined;
      for (const effect of effects) {
        if (question !== undefined) throw new Error('a question was not the last effect');
        if (effect.type === 'send') {
          this.output +=
            typeof effect.octets === 'string' ? effect.octets : Buffer.from(effect.octets).toString('latin1');
        } else if (effect.type === 'close' || effect.type === 'destroy') {
          this.ending = `${effect.type} ${effect.end}`;
          this.reason = effect.reason;
        } else {
          question = effect;
        }
      }
      if (question === undefined) return;
      this.questions.push(question);
      effects = this.session.step(this.#scene.answer?.(question) ?? this.#answer(question));
    }
  }

  #answer(question: Question): Answer {
    const { type } = question;
    switch (type) {
      case 'authenticate':
        return { type, answer: this.#authenticate(question.login) };
      case 'exchange':
        this.#exchange =
          question.mechanism?.serve({ hostname: 'example.net', authenticate: (given) => this.#authenticate(given) }) ??
          this.#exchange;
        return { type, answer: this.#exchange?.next(question.response) as SaslStep };
      case 'open':
        return { type, answer: { count: this.#maildrop.count, octets: this.#maildrop.octets } };
      case 'entries':
        return { type, answer: this.#maildrop.entries(question.from, question.to) as never };
      case 'read':
        return { type, answer: this.#maildrop.read(question.number, question.from) as Uint8Array };
      case 'expunge':
        void this.#maildrop.expunge(question.numbers, { account: 'tim', session: '1', address: 'local' });
        return { type, answer: { notRemoved: [] } };
      case 'extension': {
        const reply = question.command.handle(question.line, { state: question.state });
        return { type, answer: reply instanceof Promise ? new StoreError('temporary', 'not in a rehearsal') : reply };
      }
      case 'terms':
        return { type, answer: {} };
      case 'delay':
      case 'secure':
      case 'room':
        return { type, answer: undefined };
    }
  }

  #authenticate(given: PasswordLogin): Verdict {
    if (this.#scene.authenticate !== undefined) return this.#scene.authenticate(given);
    const right = given.authenticationIdentity === 'tim' && Buffer.from(given.password.reveal()).equals(PASSWORD);
    return right ? { type: 'accepted', account: 'tim' } : { type: 'refused' };
  }
}

const PASSWORD = Buffer.from('tanstaaf');

/** What a client sends to log in by {@link Scene}'s ordinary name and password; two replies. */
export const LOGIN = 'USER tim\r\nPASS tanstaaf\r\n';

/** The lines of the replies to what was sent after {@link LOGIN}. */
export function afterLogin(scene: Scene, ...parts: readonly string[]): string[] {
  return new Rehearsal(scene).play(LOGIN, ...parts).lines.slice(2);
}
