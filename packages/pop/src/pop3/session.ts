import { Dialogue } from '../dialogue/dialogue.ts';
import type { Fetched } from '../maildrop/maildrop.ts';
import { LineReader } from '../wire/line-reader.ts';
import { authorization } from './authorization.ts';
import { capabilities } from './capabilities.ts';
import type { ArgumentOf, Arguments, CommandRow, Keyword } from './commands.ts';
import type { Answers, End, Questions } from './effects.ts';
import { runExtension } from './extension-command.ts';
import type { MaildropView } from './maildrop-view.ts';
import { argumentOf, keywordOf, rowOf } from './parser.ts';
import { err, multiline, ok } from './replies.ts';
import type { Pop3Service } from './service.ts';
import { meets, type Situation } from './situation.ts';
import type { Terms } from './terms.ts';
import { transaction } from './transaction.ts';

/** The longest command line of any command but AUTH, CRLF included (RFC 2449 §4, EXT-09). */
const COMMAND_LINE = 255;

const NOTHING: Fetched = { retrieved: [], viewed: [] };

/** What each command does. Exhaustive: a row in COMMANDS does not compile without its handler. */
export type Handlers<K extends Keyword> = {
  readonly [Each in K]: (session: Session, argument: ArgumentOf<Each>) => void;
};

const HANDLERS: Handlers<Keyword> = {
  ...authorization,
  ...transaction,
  CAPA(session) {
    const tell = (terms: Terms): void => {
      session.send(ok('capabilities follow') + multiline(capabilities(session.service, session.situation, terms)));
    };
    if (session.service.terms) session.ask({ type: 'terms' }, tell);
    else tell({});
  },
};

/** What a session did, for the log. */
export interface Tally {
  account?: string;
  mechanism?: string;
  commands: number;
  failedLogins: number;
  /** Letters in the snapshot, sent whole by RETR, sent by TOP, and removed. */
  letters: number;
  retrieved: number;
  topped: number;
  deleted: number;
}

/**
 * One POP3 session on the server's side (RFC 1939): octets and answers in, effects out. No octets make it throw.
 *
 * `step`, `pending`, `watch`, `tally` and `fetched` are for the driver; all else is for the handlers of commands.
 */
export class Session extends Dialogue<Questions, Answers, End> {
  readonly service: Pop3Service;
  readonly tally: Tally = { commands: 0, failedLogins: 0, letters: 0, retrieved: 0, topped: 0, deleted: 0 };
  situation: Situation;
  /** The name that USER left for this very command (P3-27). */
  user: string | undefined;
  #userForNext: string | undefined;
  #view: MaildropView | undefined;
  /** Takes the next line in place of the commands: a SASL exchange is under way (AUTH-27). */
  #responder: ((line: Buffer) => void) | undefined;
  #badCommands = 0;

  constructor(service: Pop3Service, situation: Omit<Situation, 'state'>) {
    super(new LineReader({ limit: service.saslLine, bareLineFeed: service.bareLineFeed }));
    this.service = service;
    this.situation = { ...situation, state: 'AUTHORIZATION' };
  }

  /** The maildrop, once there has been a login. */
  get view(): MaildropView {
    if (this.#view === undefined) throw new Error('a command of TRANSACTION was let through before login');
    return this.#view;
  }

  /** What was handed out whole, once there has been a login. */
  get fetched(): Fetched {
    return this.#view?.fetched ?? NOTHING;
  }

  /** Whoever logged in may now work on the maildrop. */
  enterTransaction(view: MaildropView): void {
    this.#view = view;
    this.tally.letters = view.count;
    this.situation = { ...this.situation, state: 'TRANSACTION' };
  }

  /** Leaves a name for the next command, and only for that one. */
  leaveUser(name: string): void {
    this.#userForNext = name;
  }

  /** Gives the next line to an exchange under way. */
  expectResponse(responder: (line: Buffer) => void): void {
    this.#responder = responder;
  }

  /** Refuses a command that was wrong in itself. Before login that is counted, against those who only try. */
  bad(text: string): void {
    this.send(err(text));
    if (this.situation.state !== 'AUTHORIZATION') return;
    this.#badCommands += 1;
    if (this.#badCommands >= this.service.badCommands) this.close('limit', 'too many bad commands before login');
  }

  protected greet(): void {
    this.send(ok(`${this.service.hostname.replaceAll('<', '')} POP3 ready`));
  }

  protected take(): boolean {
    const line = this.reader.next();
    if (line === undefined) return false;
    this.#line(line);
    return true;
  }

  protected leave(): void {
    this.close('closed');
  }

  protected shutDown(): void {
    this.close('shutdown');
  }

  #line(line: Buffer | 'too-long' | 'bare-line-feed'): void {
    const responder = this.#responder;
    this.#responder = undefined;
    this.user = this.#userForNext;
    this.#userForNext = undefined;
    if (responder === undefined) this.tally.commands += 1;
    if (typeof line === 'string') {
      if (responder === undefined) this.began(undefined);
      this.bad(line === 'too-long' ? 'line too long' : 'a line ends with CRLF');
    } else if (responder !== undefined) {
      responder(line);
    } else {
      const refusal = this.#command(line);
      if (refusal !== undefined) this.bad(refusal);
    }
  }

  /** The gate: unless all that the command's row asks for holds, it has no effect; the answer says why (P3-07, P3-08). */
  #command(line: Buffer): string | undefined {
    const keyword = keywordOf(line);
    const row = rowOf(keyword);
    this.began(row === undefined && !this.service.extensions.has(keyword) ? undefined : keyword);
    if (line.length + 2 > COMMAND_LINE && keyword !== 'AUTH') return 'line too long';
    if (row === undefined) return this.#extension(keyword, line);
    if (!row.states.includes(this.situation.state)) return wrongState(keyword, this.situation);
    if (!meets(this.situation, row.requires)) return unmet(row.requires, this.situation);
    const argument = argumentOf(row.arguments, keyword, line);
    if (argument === 'syntax') return `syntax: ${usage(keyword, row.arguments)}`;
    HANDLERS[keyword as Keyword](this, argument as never);
    return undefined;
  }

  #extension(keyword: string, line: Buffer): string | undefined {
    const extension = this.service.extensions.get(keyword);
    if (extension === undefined) return 'unknown command';
    if (!extension.states.includes(this.situation.state)) return wrongState(keyword, this.situation);
    runExtension(this, extension, line);
    return undefined;
  }
}

function wrongState(keyword: string, { state }: Situation): string {
  return state === 'AUTHORIZATION' ? `log in before ${keyword}` : `too late for ${keyword}, there was a login`;
}

function unmet(requirement: CommandRow['requires'], { secure, certificate }: Situation): string {
  if (requirement === 'tls-possible') return secure ? 'TLS is active already' : 'there is no TLS here';
  return certificate ? 'not in the clear: STLS comes first' : 'not in the clear';
}

function usage(keyword: string, shape: keyof Arguments): string {
  switch (shape) {
    case 'none':
      return `${keyword} stands alone`;
    case 'octets':
      return `${keyword} and a word`;
    default:
      return `${keyword} ${shape}`;
  }
}
