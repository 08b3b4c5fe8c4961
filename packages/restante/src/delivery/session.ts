import { Dialogue } from '@restante/pop/dialogue';
import { LineReader, Unstuffer } from '@restante/pop/wire';
import { COMMANDS, type Keyword, parseCommand, type State } from './commands.ts';
import type { Answers, End, LetterFaults, Questions } from './effects.ts';
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
  QUIT: (session) => session.sayAndClose(replies.BYE, 'quit'),
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

/**
 * One session of mail delivery (RFC 5321, RFC 2033): octets and answers in, effects out. No octets make it throw.
 * Addresses are looked up in order, and no command is taken while a letter waits for its outcomes.
 *
 * SMTP is to be a second face of it: its hello is one more row of the command table, BDAT another way for a letter to come
 * in, and the outcomes of all recipients make one reply.
 *
 * `step`, `pending`, `watch` and `commands` are for the driver; all else is for the handlers of commands.
 */
export class DeliverySession extends Dialogue<Questions, Answers, End> {
  readonly options: SessionOptions;
  /** Command lines taken, for the log. */
  commands = 0;
  /** The name in the hello, once there was one. */
  hello: string | undefined;
  /** The envelope under way. */
  transaction: OpenTransaction | undefined;
  /** Transactions begun. */
  transactions = 0;
  /** While a letter comes in, its octets go here, and no lines are asked of the reader. */
  #letter: Unstuffer | undefined;
  /** Recipients of the letter who have had no reply. */
  #unanswered = 0;
  #badCommands = 0;

  constructor(options: SessionOptions) {
    super(new LineReader({ limit: options.limits.commandLine, bareLineFeed: false }));
    this.options = options;
  }

  /** Refuses a command that cannot be obeyed as it stands: too many of them close the connection (RFC 5321 §7.8). */
  bad(reply: string): void {
    this.#badCommands += 1;
    if (this.#badCommands > this.options.limits.badCommands) this.sayAndClose(replies.TOO_MANY_ERRORS, 'limit');
    else this.send(reply);
  }

  /** What follows is a letter for this envelope. */
  receive(envelope: OpenTransaction): void {
    this.transaction = undefined;
    this.#letter = new Unstuffer();
    this.#unanswered = envelope.recipients.length;
    this.ask({ type: 'receive', transaction: envelope }, goOn);
  }

  /** Says the last word, and closes. */
  sayAndClose(reply: string, end: End): void {
    this.send(reply);
    this.close(end);
  }

  protected greet(): void {
    this.send(replies.greeting(this.options.hostname));
  }

  protected take(): boolean {
    return this.#letter === undefined ? this.#nextLine() : this.#nextOctets(this.#letter);
  }

  protected leave(): void {
    this.close('closed');
  }

  /** What the store was asked for is answered by now; a letter that is not whole is not waited for. */
  protected shutDown(): void {
    this.sayAndClose(replies.SHUTTING_DOWN, 'shutdown');
  }

  #nextLine(): boolean {
    const line = this.reader.next();
    if (line === undefined) return false;
    this.commands += 1;
    if (typeof line === 'string') this.began(undefined);
    const refusal = typeof line === 'string' ? MALFORMED[line] : this.#command(line.toString('latin1'));
    if (refusal !== undefined) this.bad(refusal);
    return true;
  }

  /** The gate: what is no command, out of order, or has an argument not its own has no effect; the answer says why. */
  #command(line: string): string | undefined {
    const command = parseCommand(line);
    this.began('unknown' in command ? undefined : command.keyword);
    if (line.includes('\r')) return replies.BARE_LINE_END;
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
    this.sayAndClose(replies.NOT_HTTP, 'limit');
    return undefined;
  }

  #nextOctets(letter: Unstuffer): boolean {
    const chunk = this.reader.takeRest();
    if (chunk.length === 0) return false;
    const octets = letter.unstuff(chunk);
    if (letter.ended) this.reader.push(letter.takeRest());
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
}

function goOn(): void {}

function faultsOf(letter: Unstuffer): LetterFaults {
  const { bareCarriageReturn, bareLineFeed, nul } = letter.findings;
  return { bareLineEnd: bareCarriageReturn !== undefined || bareLineFeed !== undefined, nul: nul !== undefined };
}
