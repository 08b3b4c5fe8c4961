/**
 * The dialogue of mail delivery (RFC 5321, RFC 2033) as a pure state machine: {@link DeliverySession.step} takes what
 * happened and answers what is to be done. It knows no socket, clock or store, and never sees a letter's octets: those
 * go past it, from the wire to a {@link Reception}. SMTP is to be a second face of it: its hello is one more row of the
 * command table, its one answer for all recipients another end of `answers`.
 * @module
 */
import { COMMANDS, type Keyword, parseCommand, type State } from './commands.ts';
import type { Outcome } from './outcome.ts';
import { type MailParameters, type Path, parseMail, parseRcpt } from './path.ts';
import * as replies from './replies.ts';
import type { Route } from './routes.ts';

export interface SessionOptions {
  /** Our name in the greeting and the hello. */
  readonly hostname: string;
  readonly limits: SessionLimits;
  /** Whether spaces round the colon of `MAIL FROM:` and `RCPT TO:` are let pass (SM-04); default no. */
  readonly spacesRoundColon?: boolean;
}

export interface SessionLimits {
  /** Octets of a letter, its trace fields not counted. */
  readonly letter: number;
  /** Accepted recipients of one letter. */
  readonly recipients: number;
  /** Wrong commands since the last letter, after which the connection is closed. */
  readonly badCommands: number;
}

/** One letter's envelope. */
export interface Transaction {
  /** 1 for the session's first. */
  readonly number: number;
  /** The name in the hello. */
  readonly hello: string;
  readonly returnPath: Path;
  readonly parameters: MailParameters;
  /** The accepted ones, in order, duplicates too (LM-04). */
  readonly recipients: readonly TransactionRecipient[];
}

export interface TransactionRecipient {
  readonly path: Path;
  readonly maildrop: string;
}

type OpenTransaction = Transaction & { readonly recipients: TransactionRecipient[] };

/** What happened. */
export type Input =
  | { readonly type: 'connected' }
  /** A command line, one character an octet, without its CRLF. */
  | { readonly type: 'line'; readonly line: string }
  /** A line that is none: a lone LF in it, or too long. */
  | { readonly type: 'malformed-line'; readonly fault: 'bare-line-feed' | 'too-long' }
  /** The answers to `ask-room` and `ask-route`. */
  | { readonly type: 'room'; readonly enough: boolean }
  | { readonly type: 'route'; readonly route: Route }
  /** The letter's end was seen; outcomes follow, one for each recipient, in order. */
  | { readonly type: 'letter-end' }
  | { readonly type: 'outcome'; readonly outcome: Outcome }
  | { readonly type: 'idle' }
  | { readonly type: 'shutdown' };

/** What is to be done, in order. */
export type Effect =
  /** `flush`: send it now, and all before it, even when more input is at hand. */
  | { readonly type: 'reply'; readonly text: string; readonly flush: boolean }
  /** Is there room for so many octets? No further line until the answer. */
  | { readonly type: 'ask-room'; readonly octets: number }
  /** Where does this address lead? No further line until the answer. */
  | { readonly type: 'ask-route'; readonly path: Path }
  /** The octets that follow are a letter. No further line until its last outcome. */
  | { readonly type: 'receive'; readonly transaction: Transaction }
  /** Send what is written, then close; nothing more is to be told. */
  | { readonly type: 'close'; readonly end: SessionEnd };

export type SessionEnd = 'quit' | 'limit' | 'idle' | 'shutdown';

/** What has been asked for and not been answered: until then no line is taken, so nothing races. */
type Pending =
  | { readonly type: 'room'; readonly transaction: OpenTransaction }
  | { readonly type: 'route'; readonly path: Path }
  | { readonly type: 'letter'; readonly recipients: number }
  | { readonly type: 'answers'; readonly left: number };

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

const NOTHING: readonly Effect[] = [];

export class DeliverySession {
  readonly #options: SessionOptions;
  #hello: string | undefined;
  #transaction: OpenTransaction | undefined;
  #transactions = 0;
  #pending: Pending | undefined;
  #badCommands = 0;
  #shuttingDown = false;
  #closed = false;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Takes what happened. A line, or an answer, that nobody may give now is the driver's error and throws. */
  step(input: Input): readonly Effect[] {
    if (this.#closed) return NOTHING;
    switch (input.type) {
      case 'connected':
        return say(replies.greeting(this.#options.hostname), true);
      case 'line':
        this.#expect(undefined);
        return this.#line(input.line);
      case 'malformed-line':
        this.#expect(undefined);
        return this.#wrong(input.fault === 'too-long' ? replies.LINE_TOO_LONG : replies.BARE_LINE_END);
      case 'room':
        return this.#settle(this.#room(input.enough));
      case 'route':
        return this.#settle(this.#route(input.route));
      case 'letter-end':
        this.#pending = { type: 'answers', left: this.#expect('letter').recipients };
        return NOTHING;
      case 'outcome':
        return this.#outcome(input.outcome);
      case 'idle':
        if (this.#pending !== undefined && this.#pending.type !== 'letter') return NOTHING;
        return this.#close(replies.IDLE_TOO_LONG, 'idle');
      case 'shutdown':
        this.#shuttingDown = true;
        // What the store has been asked is answered first; a letter that is not whole is not waited for.
        if (this.#pending !== undefined && this.#pending.type !== 'letter') return NOTHING;
        return this.#close(replies.SHUTTING_DOWN, 'shutdown');
    }
  }

  get #state(): State {
    if (this.#hello === undefined) return 'GREETED';
    if (this.#transaction === undefined) return 'READY';
    return this.#transaction.recipients.length === 0 ? 'MAIL' : 'RCPT';
  }

  #line(line: string): readonly Effect[] {
    if (line.includes('\r')) return this.#wrong(replies.BARE_LINE_END);
    const command = parseCommand(line);
    if ('unknown' in command) return this.#unknown(command.unknown);
    const { keyword, argument } = command;
    const row = COMMANDS[keyword];
    if (!row.states.includes(this.#state)) return this.#wrong(replies.outOfOrder(keyword, this.#state));
    const misfit = argument === undefined ? row.argument === 'required' : row.argument === 'none';
    if (misfit) return this.#wrong(replies.WRONG_ARGUMENT[keyword]);
    return DeliverySession.#HANDLERS[keyword](this, argument ?? '');
  }

  #unknown(word: string): readonly Effect[] {
    if (this.#hello === undefined && HTTP_METHODS.has(word)) return this.#close(replies.NOT_HTTP, 'limit');
    return this.#wrong(word === 'EHLO' || word === 'HELO' ? replies.NOT_SMTP : replies.UNKNOWN_COMMAND);
  }

  static readonly #HANDLERS: Readonly<
    Record<Keyword, (session: DeliverySession, argument: string) => readonly Effect[]>
  > = {
    LHLO: (session, argument) => session.#lhlo(argument),
    MAIL: (session, argument) => session.#mail(argument),
    RCPT: (session, argument) => session.#rcpt(argument),
    DATA: (session) => session.#data(),
    RSET: (session) => session.#rset(),
    NOOP: () => say(replies.NOOP_OK, COMMANDS.NOOP.flush),
    VRFY: () => say(replies.CANNOT_VERIFY, COMMANDS.VRFY.flush),
    HELP: () => say(replies.HELP, COMMANDS.HELP.flush),
    QUIT: (session) => session.#close(replies.BYE, 'quit'),
  };

  #lhlo(argument: string): readonly Effect[] {
    if (!/^[!-~]{1,255}$/.test(argument)) return this.#wrong(replies.WRONG_ARGUMENT.LHLO);
    this.#hello = argument;
    this.#transaction = undefined;
    return say(replies.hello(this.#options.hostname, this.#options.limits.letter), COMMANDS.LHLO.flush);
  }

  #mail(argument: string): readonly Effect[] {
    const parsed = parseMail(argument, this.#options.spacesRoundColon);
    if (typeof parsed === 'string') return this.#wrong(replies.PATH_FAULTS.MAIL[parsed]);
    const { path, parameters } = parsed;
    const { size } = parameters;
    if (size !== undefined && size > this.#options.limits.letter) return say(replies.LETTER_TOO_LARGE, false);
    const transaction: OpenTransaction = {
      number: this.#transactions + 1,
      hello: this.#hello ?? '',
      returnPath: path,
      parameters,
      recipients: [],
    };
    if (size === undefined || size === 0) return this.#begin(transaction);
    this.#pending = { type: 'room', transaction };
    return [{ type: 'ask-room', octets: size }];
  }

  #room(enough: boolean): readonly Effect[] {
    const { transaction } = this.#expect('room');
    this.#pending = undefined;
    return enough ? this.#begin(transaction) : say(replies.NO_ROOM, false);
  }

  #begin(transaction: OpenTransaction): readonly Effect[] {
    this.#transactions = transaction.number;
    this.#transaction = transaction;
    return say(replies.SENDER_OK, COMMANDS.MAIL.flush);
  }

  #rcpt(argument: string): readonly Effect[] {
    const parsed = parseRcpt(argument, this.#options.spacesRoundColon);
    if (typeof parsed === 'string') return this.#wrong(replies.PATH_FAULTS.RCPT[parsed]);
    const taken = this.#transaction?.recipients.length ?? 0;
    if (taken >= this.#options.limits.recipients) return say(replies.TOO_MANY_RECIPIENTS, COMMANDS.RCPT.flush);
    this.#pending = { type: 'route', path: parsed.path };
    return [{ type: 'ask-route', path: parsed.path }];
  }

  #route(route: Route): readonly Effect[] {
    const { path } = this.#expect('route');
    this.#pending = undefined;
    if (route.type !== 'maildrop') return say(replies.RECIPIENT_REFUSED[route.type], COMMANDS.RCPT.flush);
    this.#transaction?.recipients.push({ path, maildrop: route.maildrop });
    return say(replies.RECIPIENT_OK, COMMANDS.RCPT.flush);
  }

  #data(): readonly Effect[] {
    const transaction = this.#transaction;
    if (transaction === undefined) throw new Error('DATA without a transaction got past the table');
    this.#transaction = undefined;
    this.#pending = { type: 'letter', recipients: transaction.recipients.length };
    return [
      { type: 'reply', text: replies.GO_AHEAD, flush: COMMANDS.DATA.flush },
      { type: 'receive', transaction },
    ];
  }

  #outcome(outcome: Outcome): readonly Effect[] {
    const left = this.#expect('answers').left - 1;
    this.#pending = left === 0 ? undefined : { type: 'answers', left };
    if (outcome.type === 'placed') this.#badCommands = 0;
    const reply = say(replies.answer(outcome), left === 0);
    return left === 0 ? this.#settle(reply) : reply;
  }

  #rset(): readonly Effect[] {
    this.#transaction = undefined;
    return say(replies.RESET_OK, COMMANDS.RSET.flush);
  }

  /** A command that cannot be obeyed as it stands: too many of them close the connection (RFC 5321 §7.8). */
  #wrong(reply: string): readonly Effect[] {
    this.#badCommands += 1;
    if (this.#badCommands <= this.#options.limits.badCommands) return say(reply, false);
    return this.#close(replies.TOO_MANY_ERRORS, 'limit');
  }

  /** Nothing is pending any more: a shutdown that had to wait takes place. */
  #settle(effects: readonly Effect[]): readonly Effect[] {
    return this.#shuttingDown ? [...effects, ...this.#close(replies.SHUTTING_DOWN, 'shutdown')] : effects;
  }

  #close(reply: string, end: SessionEnd): readonly Effect[] {
    this.#closed = true;
    return [
      { type: 'reply', text: reply, flush: true },
      { type: 'close', end },
    ];
  }

  #expect<T extends Pending['type'] | undefined>(type: T): Extract<Pending, { type: T }> {
    if (this.#pending?.type !== type) {
      throw new Error(`the session waits for ${this.#pending?.type ?? 'a line'}, not for ${type ?? 'a line'}`);
    }
    return this.#pending as Extract<Pending, { type: T }>;
  }
}

function say(text: string, flush: boolean): readonly Effect[] {
  return [{ type: 'reply', text, flush }];
}
