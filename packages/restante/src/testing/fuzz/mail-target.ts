import { ManualClock, selfSignedCertificate } from '@restante/pop/testing';
import { MailServer } from '../../delivery/mail-server.ts';
import type { Protocol } from '../../delivery/protocol.ts';
import type { DeliverySessionReport } from '../../delivery/report.ts';
import { AccountRoutes } from '../../delivery/routes.ts';
import { TrialAccounts } from '../trial-accounts.ts';
import { lettersOf, TrialStore } from '../trial-store.ts';
import type { Input } from './corpus.ts';
import { demand, ReplyLines, shown } from './reply-lines.ts';
import { played, type Target } from './target.ts';

const NAMES = ['pat', 'green', 'jones', 'brown'];
const certificate = selfSignedCertificate();
const peer = { address: '192.0.2.1', localAddress: '192.0.2.2', loopback: false };
/** The largest letter that is taken, and recipients: so few that inputs go beyond them. */
const LARGEST = 8_192;

/** The mail server. `fault` numbers what is wrong with its store, 0 being nothing. */
export function mailTarget(protocol: Protocol): Target {
  const accounts = new TrialAccounts();
  for (const name of NAMES) accounts.put(name);
  accounts.putAlias('all@example.net', NAMES);
  // One server for all inputs, and for each of them a store of its own.
  let store = new TrialStore();
  let report: DeliverySessionReport | undefined;
  const server = new MailServer({
    protocol,
    tls: () => certificate,
    store: {
      beginDelivery: (envelope) => store.beginDelivery(envelope),
      hasRoom: (octets) => store.hasRoom(octets),
      reserve: (octets, guessed) => store.reserve(octets, guessed),
    },
    routes: new AccountRoutes({ accounts, domains: ['example.net', 'localhost'], separator: '+' }),
    hostname: 'store.example.net',
    limits: { letter: LARGEST, recipients: 100 },
    clock: new ManualClock(),
    onSession: (ended) => {
      report = ended;
    },
  });
  return {
    async run(input: Input, fault: number) {
      store = new TrialStore();
      for (const name of NAMES) store.addMaildrop(name);
      const kind = (['temporary', 'permanent', 'no-room', 'over-quota'] as const)[fault % 4] ?? 'temporary';
      const what = fault === 0 ? 0 : 1 + (fault % 4);
      if (what === 1) store.writeFault = kind;
      if (what === 2) store.commitFaults.set(NAMES[fault % 3] ?? '', kind);
      accounts.down = what === 3;
      if (what === 4) store.room = fault % 100;
      report = undefined;
      const output = await played(
        input,
        (socket) => server.accept(socket, peer),
        () => report !== undefined,
      );
      const ended = report as DeliverySessionReport | undefined;
      demand(ended !== undefined, 'the session did not end when its client had gone');
      demand(store.reservations === 0, `${store.reservations} reservations were not let go of`);
      const stored = NAMES.map((name) => lettersOf(store, name).map(belowTrace));
      return new Judge(protocol, Buffer.concat(input).toString('latin1'), output).verdict(ended, stored);
    },
  };
}

/** Return-Path, Delivered-To, and Received with its two further lines. */
const TRACE = /^Return-Path: [^\n]*\nDelivered-To: [^\n]*\nReceived: [^\n]*\n[ \t][^\n]*\n[ \t][^\n]*\n/;

function belowTrace(letter: string): string {
  const below = letter.replace(TRACE, '');
  demand(below.length < letter.length, `no trace fields above ${shown(letter)}`);
  return below;
}

function keywordOf(line: string): string {
  return (/^[A-Za-z]+(?= |[ \t]*$)/.exec(line)?.[0] ?? '').toUpperCase();
}

interface Reply {
  readonly code: number;
  readonly text: string;
}

/** Holds the replies against what was sent, command by command: RFC 5321's rules and RFC 2033's, and nothing of the server's code. */
class Judge {
  readonly #protocol: Protocol;
  readonly #sent: string;
  readonly #replies: ReplyLines;
  readonly #states = new Set<string>();
  #at = 0;
  #greeted = false;
  #mail = false;
  #recipients = 0;
  /** The chunks of the letter so far; absent while there are none. */
  #chunks: string | undefined;
  /** A chunk of this transaction was refused. */
  #spoiled = false;
  /** Letters that were answered 250, as they were sent. */
  readonly #taken: string[] = [];

  constructor(protocol: Protocol, sent: string, came: Buffer) {
    this.#protocol = protocol;
    this.#sent = sent;
    this.#replies = new ReplyLines(came);
  }

  verdict({ end }: DeliverySessionReport, stored: readonly (readonly string[])[]): readonly string[] {
    demand(this.#reply()?.code === 220, 'no greeting');
    const over = this.#dialog();
    const rest = this.#replies.rest;
    if (over === 'tls')
      demand(rest === '' || rest.startsWith('\x15\x03'), `octets in the clear behind 220 to STARTTLS: ${shown(rest)}`);
    else if (over !== 'silent') {
      const bye = this.#reply();
      demand(bye === undefined || [421, 554].includes(bye.code), `a reply that nothing asked for: ${shown(rest)}`);
      demand(this.#replies.rest === '', `octets behind the end: ${shown(this.#replies.rest)}`);
    }
    if (over === 'silent')
      demand(end !== 'closed', `a command without a reply: ${shown(this.#sent.slice(this.#at, this.#at + 80))}`);
    const there = stored.flat();
    // What was answered in the turn of an injected STARTTLS never leaves.
    const cutShort = over === 'silent' && end === 'error';
    for (const letter of there) {
      demand(
        cutShort || this.#taken.includes(letter),
        `a letter that was not sent, or not answered 250: ${shown(letter)}`,
      );
    }
    for (const letter of this.#taken) demand(there.includes(letter), `answered 250 and not there: ${shown(letter)}`);
    for (const letters of stored)
      demand(cutShort || letters.length <= this.#taken.length, 'more letters in a mailbox than were answered 250');
    for (const letter of there) demand(letter.length <= LARGEST, `a letter of ${letter.length} octets`);
    this.#states.add(`end ${end}`);
    return [...this.#states];
  }

  /** Goes through the commands. Answers how it came to an end. */
  #dialog(): 'all' | 'tls' | 'quit' | 'silent' {
    for (;;) {
      // A lone LF ends no line (RFC 5321 §2.3.8).
      const end = this.#sent.indexOf('\r\n', this.#at);
      if (end === -1) {
        // What cannot become a line is told so before its end has come.
        const tail = this.#sent.slice(this.#at);
        if (tail.includes('\n') || tail.length >= 2_046) this.#reply();
        return 'all';
      }
      const line = this.#sent.slice(this.#at, end);
      const [, octets, last] = /^BDAT ([0-9]+)(?: +(LAST))?[ \t]*$/i.exec(line) ?? [];
      const isChunk = octets !== undefined && line.length <= 2_046;
      const done = isChunk ? this.#chunk(end + 2, Number(octets), last !== undefined) : this.#answered(line, end + 2);
      if (done !== undefined) return done;
    }
  }

  #answered(line: string, next: number): 'tls' | 'quit' | 'silent' | 'all' | undefined {
    const reply = this.#reply();
    if (reply === undefined) return 'silent';
    this.#at = next;
    return reply.code === 421 ? 'quit' : this.#command(line, reply);
  }

  #command(line: string, reply: Reply): 'tls' | 'quit' | 'silent' | 'all' | undefined {
    const keyword = keywordOf(line);
    const good = reply.code < 400;
    this.#states.add(
      `${this.#chunks !== undefined ? 'CHUNKS' : this.#recipients > 0 ? 'RCPT' : this.#mail ? 'MAIL' : this.#greeted ? 'READY' : 'GREETED'} ${good ? keyword : reply.code}`,
    );
    // How much of what follows is no command cannot be told: the session has to end.
    // A line that is none is not looked into, and no chunk is behind it.
    if (keyword === 'BDAT') return line.includes('\n') || line.length > 2_046 ? undefined : 'quit';
    if (!good) return undefined;
    switch (keyword) {
      case 'EHLO':
      case 'HELO':
      case 'LHLO':
        demand((keyword === 'LHLO') === (this.#protocol.name === 'LMTP'), `${keyword} in ${this.#protocol.name}`);
        this.#reset();
        this.#greeted = true;
        return undefined;
      case 'MAIL':
        demand(
          this.#greeted && !this.#mail,
          `250 to ${shown(line)} ${this.#greeted ? 'in a transaction' : 'before the hello'}`,
        );
        this.#mail = true;
        return undefined;
      case 'RCPT':
        demand(this.#mail && this.#chunks === undefined, `250 to ${shown(line)} out of order`);
        this.#recipients += 1;
        demand(this.#recipients <= 100, 'more recipients than the limit');
        return undefined;
      case 'DATA':
        demand(this.#recipients > 0 && this.#chunks === undefined, '354 without a recipient');
        demand(reply.code === 354, `${reply.code} to DATA`);
        return this.#data();
      case 'RSET':
        this.#reset();
        return undefined;
      case 'STARTTLS':
        demand(reply.code === 220, `${reply.code} to STARTTLS`);
        this.#states.add('STARTTLS');
        return 'tls';
      case 'QUIT':
        demand(reply.code === 221, `${reply.code} to QUIT`);
        return 'quit';
      default:
        demand(['NOOP', 'VRFY', 'HELP'].includes(keyword), `${reply.code} to ${shown(line)}`);
        return undefined;
    }
  }

  /** Only CRLF . CRLF ends it (SM-20). */
  #data(): 'silent' | 'all' | undefined {
    const from = this.#at;
    const empty = this.#sent.startsWith('.\r\n', from);
    const end = empty ? from : this.#sent.indexOf('\r\n.\r\n', from);
    if (end === -1) {
      this.#at = this.#sent.length;
      return 'all';
    }
    const stuffed = empty ? '' : this.#sent.slice(from, end + 2);
    this.#at = end + (empty ? 3 : 5);
    return this.#outcomes(stuffed.replace(/(^|\r\n)\./g, '$1'));
  }

  /** One reply, or one for each recipient. */
  #outcomes(letter: string, first?: Reply): 'silent' | undefined {
    const due = this.#protocol.replies === 'each' ? this.#recipients : 1;
    let good = 0;
    for (let nth = 0; nth < due; nth += 1) {
      const reply = nth === 0 && first !== undefined ? first : this.#reply();
      if (reply === undefined) return 'silent';
      if (reply.code === 421) return 'silent';
      demand(reply.code === 250 || reply.code >= 400, `${reply.code} behind a letter`);
      if (reply.code === 250) good += 1;
    }
    if (good > 0) {
      demand(
        !/\r(?!\n)|(?<!\r)\n/.test(letter) || this.#protocol.bareCr,
        `a letter with a bare CR or LF was taken: ${shown(letter)}`,
      );
      // What ends a letter's last line may be left out of a chunk; the stored letter has it.
      this.#taken.push(letter === '' || letter.endsWith('\r\n') ? letter : `${letter}\r\n`);
    }
    this.#reset();
    return undefined;
  }

  /** Its octets are its own, whatever is said of it (RFC 3030 §2). */
  #chunk(from: number, length: number, last: boolean): 'quit' | 'silent' | 'all' | undefined {
    const each = this.#protocol.replies === 'each';
    if (!Number.isSafeInteger(length)) {
      const reply = this.#reply();
      demand(reply === undefined || reply.code >= 400, 'a chunk without end was taken');
      return 'quit';
    }
    const chunk = this.#sent.slice(from, from + length);
    this.#at = from + chunk.length;
    if (chunk.length < length) return 'all';
    // Behind the last one of LMTP as many replies as there are recipients, even none (LM-06).
    if (last && each && this.#mail && this.#recipients === 0) return undefined;
    const reply = this.#reply();
    if (reply === undefined || reply.code === 421) return 'silent';
    this.#states.add(`${this.#chunks === undefined ? 'RCPT' : 'CHUNKS'} BDAT ${last} ${reply.code}`);
    if (reply.code < 400) {
      demand(this.#recipients > 0 && !this.#spoiled, `${reply.code} to BDAT out of order`);
      this.#chunks = (this.#chunks ?? '') + chunk;
    }
    if (last && this.#recipients > 0)
      return this.#outcomes(reply.code < 400 ? (this.#chunks ?? '') : (this.#chunks ?? '') + chunk, reply);
    if (reply.code >= 400 && this.#recipients > 0) this.#spoiled = true;
    return undefined;
  }

  #reset(): void {
    this.#mail = false;
    this.#recipients = 0;
    this.#chunks = undefined;
    this.#spoiled = false;
  }

  #reply(): Reply | undefined {
    let text = '';
    for (;;) {
      const before = this.#replies.rest;
      const line = this.#replies.next();
      if (line === undefined) {
        demand(before === '' || before.startsWith('\x15\x03'), `an unfinished reply: ${shown(before)}`);
        return undefined;
      }
      demand(line.length + 2 <= 512, `a reply of ${line.length + 2} octets: ${shown(line)}`);
      const [, code = '', more, said = ''] = /^([2345][0-5]\d)(?:([- ])(.*))?$/s.exec(line) ?? [];
      demand(code !== '', `no reply: ${shown(line)}`);
      demand(/^[\x20-\x7e]*$/.test(said), `octets that no reply may have: ${shown(line)}`);
      const enhanced = /^([245])\.\d{1,3}\.\d{1,3} /.exec(said);
      if (enhanced) demand(enhanced[1] === code[0], `two classes: ${shown(line)}`);
      else demand(!/^[45]/.test(code), `no enhanced status code: ${shown(line)}`);
      text += said;
      if (more !== '-') return { code: Number(code), text };
    }
  }
}
