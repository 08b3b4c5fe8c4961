import { LineReader, Unstuffer } from '@restante/pop/wire';
import { COMMANDS, type Keyword, parseCommand, type State } from './commands.ts';
import type { Answers, Effect, End, Input, LetterFaults, QuestionOf, Questions } from './effects.ts';
import type { Outcome } from './outcome.ts';
import * as replies from './replies.ts';
import { type OpenTransaction, transaction } from './transaction.ts';

export interface SessionOptions {
  /** Our name in the greeting and the hello. */
  readonly hostname: string;
  readonly limits: SessionLimits;
  /** Whether spaces round the colon of `MAIL FROM:` and `RCPT TO:` are let pass (SM-04); default no. */
  readonly spacesRoundColon?: boolean;
}

export interface SessionLimits {
  /** Octets of a command line, its CRLF included. */
  readonly commandLine: number;
  /** Octets of a letter, its trace fields not counted. */
  readonly letter: number;
  /** Accepted recipients of one letter. */
  readonly recipients: number;
  /** Wrong commands since the last letter, after which the connection is closed. */
  readonly badCommands: number;
}

/** What each command does. Exhaustive: a row in COMMANDS does not compile without its handler. */
export type Handlers<K extends Keyword> = Readonly<Record<K, (session: DeliverySession, argument: string) => void>>;

const HANDLERS: Handlers<Keyword> = {
  ...transaction,
  NOOP: (session) => session.send(replies.NOOP_OK),
  VRFY: (session) => session.send(replies.CANNOT_VERIFY),
  HELP: (session) => session.send(replies.HELP),
  QUIT: (session) => session.close(replies.BYE, 'quit'),
};

/** How HTTP begins: any web page can make a browser knock at every port that it can reach. */
const HTTP_METHODS: ReadonlySet<string> = new Set([
  'GET',
  'POST',
  'PUT',
  'HEAD',
  'OPTIONS',
  'CONNECT',
  'DELETE',
  'PATCH',
]);

/** A line that is none. */
const MALFORMED = { 'too-long': replies.LINE_TOO_LONG, 'bare-line-feed': replies.BARE_LINE_END } as const;

/** Octets of replies in one step, after which the session waits for room before it takes the next command. */
const BURST = 16 * 1024;

/**
 * One session of mail delivery (RFC 5321, RFC 2033): octets and answers in, effects out. There is no socket, clock, store
 * or randomness in it, and no octets make it throw. While a question is open, only its answer moves the session, so that
 * nothing races: addresses are looked up in order, and no command is taken while a letter waits for its outcomes.
 *
 * SMTP is to be a second face of it: its hello is one more row of the command table, BDAT another way for a letter to come
 * in, and the outcomes of all recipients make one reply.
 *
 * `step`, `pending` and `commands` are for the driver; all else is for the handlers of commands.
 */
export class DeliverySession {
  readonly options: SessionOptions;
  /** Command lines taken, for the log. */
  commands = 0;
  /** The name in the hello, once there was one. */
  hello: string | undefined;
  /** The envelope under way. */
  transaction: OpenTransaction | undefined;
  /** Transactions begun. */
  transactions = 0;
  readonly #reader: LineReader;
  /** While a letter comes in, its octets go here, and no lines are asked of the reader. */
  #letter: Unstuffer | undefined;
  /** Recipients of the letter who have had no reply. */
  #unanswered = 0;
  #question: keyof Questions | undefined;
  #then: ((answer: never) => void) | undefined;
  #badCommands = 0;
  #inputEnded = false;
  #shutdown = false;
  #over = false;
  #effects: Effect[] = [];
  /** Replies of this step that are not an effect yet: those in a row become one. */
  #text = '';
  /** Octets of replies in this step. */
  #sent = 0;

  constructor(options: SessionOptions) {
    this.options = options;
    this.#reader = new LineReader({ limit: options.limits.commandLine, bareLineFeed: false });
  }

  /** Takes one input and tells what is to be done, in order. After `close` nothing more comes of it. */
  step(input: Input): readonly Effect[] {
    if (this.#over) return [];
    this.#effects = [];
    this.#sent = 0;
    switch (input.type) {
      case 'connected':
        this.send(replies.greeting(this.options.hostname));
        break;
      case 'octets':
        this.#reader.push(input.octets);
        break;
      case 'ended':
        this.#inputEnded = true;
        break;
      case 'shutdown':
        this.#shutdown = true;
        break;
      default:
        this.#answer(input.type, input.answer);
    }
    this.#work();
    this.#finishText();
    return this.#effects;
  }

  /** Octets received and not worked on. */
  get pending(): number {
    return this.#reader.pending;
  }

  send(reply: string): void {
    this.#text += reply;
    this.#sent += reply.length;
  }

  /** Refuses a command that cannot be obeyed as it stands: too many of them close the connection (RFC 5321 §7.8). */
  bad(reply: string): void {
    this.#badCommands += 1;
    if (this.#badCommands > this.options.limits.badCommands) this.close(replies.TOO_MANY_ERRORS, 'limit');
    else this.send(reply);
  }

  /** Asks the driver; `then` goes on with its answer, and no input is worked on before. */
  ask<T extends keyof Questions>(question: QuestionOf<T>, then: (answer: Answers[T]) => void): void {
    this.#finishText();
    this.#effects.push(question as Effect);
    this.#question = question.type;
    this.#then = then;
  }

  /** What follows is a letter for this envelope. */
  receive(envelope: OpenTransaction): void {
    this.transaction = undefined;
    this.#letter = new Unstuffer();
    this.#unanswered = envelope.recipients.length;
    this.ask({ type: 'receive', transaction: envelope }, goOn);
  }

  close(reply: string, end: End): void {
    this.send(reply);
    this.#finishText();
    this.#effects.push({ type: 'close', end });
    this.#over = true;
  }

  #answer(type: keyof Answers, answer: unknown): void {
    const then = this.#then;
    if (then === undefined || type !== this.#question) throw new Error(`${type} was answered, and not asked`);
    this.#question = undefined;
    this.#then = undefined;
    then(answer as never);
  }

  /** Works on the input until it is used up, a question is open, or it is over. */
  #work(): void {
    while (this.#then === undefined && !this.#over) {
      if (this.#shutdown) {
        // What the store was asked for is answered by now; a letter that is not whole is not waited for.
        this.close(replies.SHUTTING_DOWN, 'shutdown');
      } else if (this.#sent >= BURST && this.#reader.pending > 0) {
        this.ask({ type: 'room' }, goOn);
      } else if (!(this.#letter === undefined ? this.#nextLine() : this.#nextOctets(this.#letter))) {
        if (this.#inputEnded) this.close('', 'closed');
        return;
      }
    }
  }

  #nextLine(): boolean {
    const line = this.#reader.next();
    if (line === undefined) return false;
    this.commands += 1;
    const refusal = typeof line === 'string' ? MALFORMED[line] : this.#command(line.toString('latin1'));
    if (refusal !== undefined) this.bad(refusal);
    return true;
  }

  /** The gate: what is no command, out of order, or has an argument not its own has no effect; the answer says why. */
  #command(line: string): string | undefined {
    if (line.includes('\r')) return replies.BARE_LINE_END;
    const command = parseCommand(line);
    if ('unknown' in command) return this.#unknown(command.unknown);
    const { keyword, argument } = command;
    const row = COMMANDS[keyword];
    if (!row.states.includes(this.#state)) {
      const refusal = replies.outOfOrder(keyword, this.#state);
      if (this.hello === undefined) return refusal;
      // Who pipelines names recipients before it can know that the sender was refused: that is not counted as an error.
      this.send(refusal);
      return undefined;
    }
    const misfit = argument === undefined ? row.argument === 'required' : row.argument === 'none';
    if (misfit) return replies.WRONG_ARGUMENT[keyword];
    HANDLERS[keyword](this, argument ?? '');
    return undefined;
  }

  get #state(): State {
    if (this.hello === undefined) return 'GREETED';
    if (this.transaction === undefined) return 'READY';
    return this.transaction.recipients.length === 0 ? 'MAIL' : 'RCPT';
  }

  #unknown(word: string): string | undefined {
    if (this.hello !== undefined || !HTTP_METHODS.has(word)) {
      return word === 'EHLO' || word === 'HELO' ? replies.NOT_SMTP : replies.UNKNOWN_COMMAND;
    }
    this.close(replies.NOT_HTTP, 'limit');
    return undefined;
  }

  #nextOctets(letter: Unstuffer): boolean {
    const chunk = this.#reader.takeRest();
    if (chunk.length === 0) return false;
    const octets = letter.unstuff(chunk);
    if (letter.ended) this.#reader.push(letter.takeRest());
    const next = letter.ended ? () => this.#askOutcomes(letter) : goOn;
    if (octets.length > 0) this.ask({ type: 'write', octets, faults: faultsOf(letter) }, next);
    else next();
    return true;
  }

  #askOutcomes(letter: Unstuffer): void {
    this.ask({ type: 'outcomes', faults: faultsOf(letter) }, (outcomes) => {
      for (const outcome of outcomes) this.#reply(outcome);
      if (this.#unanswered > 0) this.#askOutcomes(letter);
      else this.#letter = undefined;
    });
  }

  /** One reply for each recipient (LM-04). */
  #reply(outcome: Outcome): void {
    if (outcome.type === 'placed') this.#badCommands = 0;
    this.#unanswered -= 1;
    this.send(replies.answer(outcome));
  }

  #finishText(): void {
    if (this.#text === '') return;
    this.#effects.push({ type: 'send', octets: this.#text });
    this.#text = '';
  }
}

function goOn(): void {}

function faultsOf(letter: Unstuffer): LetterFaults {
  const { bareCarriageReturn, bareLineFeed, nul } = letter.findings;
  return { bareLineEnd: bareCarriageReturn !== undefined || bareLineFeed !== undefined, nul: nul !== undefined };
}
