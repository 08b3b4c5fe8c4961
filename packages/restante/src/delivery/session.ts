import { Dialogue } from '@restante/pop/dialogue';
import { LineReader } from '@restante/pop/wire';
import { chunking } from './chunking.ts';
import { COMMANDS, type Keyword, parseCommand, type State } from './commands.ts';
import type { Answers, End, LetterFaults, Questions } from './effects.ts';
import { hello } from './hello.ts';
import { CountedData, type LetterData, type MailData } from './mail-data.ts';
import { type Outcome, together } from './outcome.ts';
import type { Hello, Protocol, With } from './protocol.ts';
import * as replies from './replies.ts';
import { type OpenTransaction, transaction } from './transaction.ts';

export interface SessionOptions {
  readonly protocol: Protocol;
  /** Whether there is a certificate for STARTTLS; default no. */
  readonly certificate?: boolean;
  /** Our name in the greeting and the hello. */
  readonly hostname: string;
  readonly limits: SessionLimits;
  /** Whether spaces round the colon of `MAIL FROM:` and `RCPT TO:` are let pass (SM-04); default no. */
  readonly spacesRoundColon?: boolean;
  /** What the sender is told of a mailbox that is full (SM-35); default `later`. */
  readonly overQuota?: replies.OverQuota;
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
  ...hello,
  ...transaction,
  ...chunking,
  NOOP: (session) => session.send(replies.NOOP_OK),
  VRFY: (session) => session.send(replies.CANNOT_VERIFY),
  HELP: (session) => session.send(replies.help(session.options.protocol)),
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
 * SMTP and LMTP are two faces of it: {@link Protocol} says what they differ in.
 *
 * `step`, `pending`, `watch` and `commands` are for the driver; all else is for the handlers of commands.
 */
export class DeliverySession extends Dialogue<Questions, Answers, End> {
  readonly options: SessionOptions;
  /** Command lines taken, for the log. */
  commands = 0;
  /** Who the peer said it is, and by which command. */
  hello: { readonly keyword: Hello; readonly name: string } | undefined;
  /** Whether TLS stands. */
  secure = false;
  /** The envelope under way. */
  transaction: OpenTransaction | undefined;
  /** Transactions begun. */
  transactions = 0;
  /** Takes the octets that are no command lines, while there are any. */
  #takeOctets: (() => boolean) | undefined;
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

  /** Refuses a command that stands in the wrong place. */
  refuse(keyword: Keyword): void {
    const refusal = replies.outOfOrder(keyword, this.#state, this.options.protocol);
    // Who pipelines names recipients before it can know that the sender was refused: that is not counted as an error.
    if (this.hello === undefined) this.bad(refusal);
    else this.send(refusal);
  }

  /** Whether the command is legal here. */
  allows(keyword: Keyword): boolean {
    return COMMANDS[keyword].states.includes(this.#state);
  }

  /** Whether STARTTLS can be had. */
  get offersTls(): boolean {
    return this.options.certificate === true && !this.secure;
  }

  /** What a letter comes by now. */
  get with(): With {
    const { protocol } = this.options;
    const by = protocol.with[this.hello?.keyword ?? protocol.hello];
    if (by === undefined) throw new Error(`${this.hello?.keyword} is no hello of ${protocol.name}`);
    return this.secure ? by.secure : by.clear;
  }

  /** Drops the transaction, if there is one, and all that was kept for it. */
  forget(then: () => void): void {
    const forgotten = this.transaction;
    this.transaction = undefined;
    if (forgotten === undefined) then();
    else this.ask({ type: 'forget' }, then);
  }

  /** Octets of a letter come next. `then` is told at their end whether it is refused already. */
  receive(data: LetterData, then: (refused: boolean) => void): void {
    this.#takeData(
      data,
      (octets, next) => {
        if (octets.length > 0) this.ask({ type: 'write', octets, faults: data.faults }, next);
        else next(false);
      },
      then,
    );
  }

  /** Octets come next that are nobody's. Asking for room shows that the peer is not idle, and lets it take its replies. */
  passOver(octets: number, then: () => void): void {
    this.#takeData(new CountedData(octets), (_, next) => this.ask({ type: 'room' }, () => next(true)), then);
  }

  /** A letter is whole, or refused: asks what became of it, and says so in one reply or in one for each recipient (LM-04). */
  conclude({ recipients }: OpenTransaction, faults: LetterFaults, count: Protocol['replies']): void {
    const outcomes: Outcome[] = [];
    const ask = (): void =>
      this.ask({ type: 'outcomes', faults }, (known) => {
        outcomes.push(...known);
        if (known.some(({ type }) => type === 'placed')) this.#badCommands = 0;
        if (count === 'each') for (const outcome of known) this.send(replies.answer(outcome, this.options.overQuota));
        if (outcomes.length < recipients.length) ask();
        else if (count === 'one') this.send(replies.answer(together(outcomes), this.options.overQuota));
      });
    ask();
  }

  /** Says the last word, and closes. */
  sayAndClose(reply: string, end: End): void {
    this.send(reply);
    this.close(end);
  }

  protected greet(): void {
    this.send(replies.greeting(this.options.hostname, this.options.protocol));
  }

  protected take(): boolean {
    return this.#takeOctets === undefined ? this.#nextLine() : this.#takeOctets();
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
    // Octets stand behind BDAT whether it is obeyed or not: it has its gate in its handler.
    if ('keyword' in command && command.keyword === 'BDAT') {
      HANDLERS.BDAT(this, command.argument ?? '');
      return undefined;
    }
    if (line.includes('\r')) return replies.BARE_LINE_END;
    if ('unknown' in command) return this.#unknown(command.unknown);
    const { keyword, argument } = command;
    const row = COMMANDS[keyword];
    const { protocol } = this.options;
    if (row.protocol !== undefined && row.protocol !== protocol.name) return replies.notSpoken(protocol);
    if (!this.allows(keyword)) {
      this.refuse(keyword);
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
    if (this.transaction.failed) return 'FAILED';
    if (this.transaction.chunked !== undefined) return 'CHUNKS';
    return this.transaction.recipients.length === 0 ? 'MAIL' : 'RCPT';
  }

  #unknown(word: string): string | undefined {
    if (this.hello !== undefined || !HTTP_METHODS.has(word)) return replies.UNKNOWN_COMMAND;
    this.sayAndClose(replies.NOT_HTTP, 'limit');
    return undefined;
  }

  /** Takes octets as `data` cuts them off, and does with them what `use` says, until its end. */
  #takeData(
    data: MailData,
    use: (octets: Buffer, next: (refused: boolean) => void) => void,
    then: (refused: boolean) => void,
  ): void {
    const next = (refused: boolean): void => {
      if (!data.ended) return;
      this.#takeOctets = undefined;
      then(refused);
    };
    this.#takeOctets = () => {
      const octets = data.take(this.reader);
      if (octets === undefined) return false;
      use(octets, next);
      return true;
    };
    next(false);
  }
}
