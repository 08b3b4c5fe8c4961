import { type Maildrop, memoryMailbox } from '@restante/pop/maildrop';
import { createPop3Server, type SessionReport } from '@restante/pop/server';
import {
  type Fault,
  FaultyMaildrop,
  type MaildropFaults,
  ManualClock,
  selfSignedCertificate,
} from '@restante/pop/testing';
import type { Input } from './corpus.ts';
import { demand, ReplyLines, shown } from './reply-lines.ts';
import { played, type Target } from './target.ts';

const LETTERS = [
  'A: b\r\n\r\nfirst\r\n.dotted\r\n..\r\nlast\r\n',
  `B: c\r\n\r\n${'x'.repeat(190)}\r\n`,
  'no header\r\n',
];
const certificate = selfSignedCertificate();
const peer = { address: '192.0.2.1', localAddress: '192.0.2.2', loopback: false };
const FAULTS: readonly Fault[] = ['temporary', 'permanent', 'bug'];

/** What one input is played to: letters, what is wrong with their maildrop, and what came of it. */
interface Scene {
  readonly mailbox: ReturnType<typeof memoryMailbox>;
  readonly wrong: MaildropFaults;
  opened: number;
  closed: number;
  report?: SessionReport;
}

let scene: Scene = sceneOf(0);

function sceneOf(fault: number): Scene {
  const kind = FAULTS[fault % 3] ?? 'bug';
  const what = fault === 0 ? 0 : 1 + (fault % 4);
  const wrong = {
    later: fault % 2 === 1,
    ...(what === 1 && { entries: { fault: kind, after: fault % 3 } }),
    ...(what === 2 && { read: { number: 1 + (fault % 3), fault: kind, after: fault % 20 } }),
    ...(what === 3 && { expunge: kind }),
  };
  return { mailbox: memoryMailbox(LETTERS), wrong, opened: 0, closed: 0 };
}

/** One server for all inputs, which come one after the other. */
const server = createPop3Server({
  hostname: 'example.net',
  clock: new ManualClock(),
  cleartext: () => true,
  tls: () => certificate,
  limits: { failureDelay: 0 },
  authenticate: ({ authenticationIdentity, password }) =>
    ['secret', 'tanstaaf'].includes(Buffer.from(password.reveal()).toString('latin1'))
      ? { type: 'accepted', account: authenticationIdentity }
      : { type: 'refused' },
  openMaildrop: () => {
    const here = scene;
    here.opened += 1;
    const maildrop: Maildrop = new FaultyMaildrop(here.mailbox.open(), here.wrong);
    const close = maildrop.close.bind(maildrop);
    maildrop.close = (...leaving) => {
      here.closed += 1;
      close(...leaving);
    };
    return maildrop;
  },
  onSession: (ended) => {
    scene.report = ended;
  },
});

/** The POP3 server, over letters that are three at first. `fault` numbers what is wrong with the maildrop, 0 being nothing. */
export const pop3Target: Target = {
  async run(input: Input, fault: number) {
    scene = sceneOf(fault);
    const output = await played(
      input,
      (socket) => server.accept(socket, peer),
      () => scene.report !== undefined,
    );
    const { report, opened, closed } = scene;
    demand(report !== undefined, 'the session did not end when its client had gone');
    demand(opened === closed, `${opened} maildrops were opened, ${closed} closed`);
    return judge(Buffer.concat(input), output, report, scene.mailbox.open().count, fault !== 0);
  },
};

const STATUS = /^(?:\+OK|-ERR)(?: .*)?$/s;
/** RFC 2449 §8, RFC 3206. */
const CODES = /^(?:IN-USE|LOGIN-DELAY|SYS\/TEMP|SYS\/PERM|AUTH|UTF8|X-[A-Z0-9/-]+)$/;
const BEFORE = ['USER', 'PASS', 'APOP', 'AUTH', 'STLS', 'CAPA', 'QUIT', 'LANG', 'UTF8'];
const AFTER = ['STAT', 'LIST', 'RETR', 'DELE', 'NOOP', 'RSET', 'TOP', 'UIDL', 'CAPA', 'QUIT', 'LANG', 'UTF8'];

/** Holds the replies against the lines that were sent, one by one: RFC 1939's rules and nothing of the server's code. */
function judge(sent: Buffer, came: Buffer, { end }: SessionReport, left: number, faulty: boolean): readonly string[] {
  const states = new Set<string>();
  const said = sent.toString('latin1');
  const lines = said.split('\n').slice(0, -1);
  const tail = said.slice(said.lastIndexOf('\n') + 1);
  const replies = new ReplyLines(came);
  // A connection that a failing store broke may lose all that was on its way.
  if (faulty && end === 'error' && came.length === 0) return ['end error'];
  const greeting = replies.next();
  demand(greeting?.startsWith('+OK') === true, `no greeting: ${shown(greeting ?? '')}`);
  let transaction = false;
  let exchange = false;
  let quit = false;
  let marked = new Set<number>();
  let updated: boolean | undefined;
  let answered = 0;
  for (;;) {
    const rest = replies.rest;
    const reply = replies.next();
    if (reply === undefined) {
      demand(rest === '' || end === 'error', `an unfinished reply: ${shown(rest)}`);
      break;
    }
    demand(reply.length + 2 <= 512, `a reply of ${reply.length + 2} octets: ${shown(reply)}`);
    demand(!/[\r\n\0]/.test(reply), `a bare CR, LF or NUL in ${shown(reply)}`);
    demand(!quit, `a reply behind QUIT's: ${shown(reply)}`);
    const line = lines[answered] ?? (tail.length > 250 && answered === lines.length ? tail : undefined);
    demand(line !== undefined, `a reply that nothing asked for: ${shown(reply)}`);
    answered += 1;
    states.add(exchange ? 'SASL' : transaction ? 'TRANSACTION' : 'AUTHORIZATION');
    if (reply.startsWith('+ ')) {
      demand(!transaction, `a challenge in TRANSACTION: ${shown(reply)}`);
      demand(exchange || /^AUTH /i.test(line), `a challenge to ${shown(line)}`);
      demand(/^\+ [A-Za-z0-9+/]*={0,2}$/.test(reply), `a challenge that is not base64: ${shown(reply)}`);
      exchange = true;
      continue;
    }
    demand(STATUS.test(reply), `no status indicator: ${shown(reply)}`);
    const code = /^(?:\+OK|-ERR) \[([^\]]*)\]?/.exec(reply)?.[1];
    if (code !== undefined) demand(CODES.test(code), `no such response code: ${shown(reply)}`);
    const keyword = exchange ? 'AUTH' : (/^[A-Za-z]+(?=[ \r]|$)/.exec(line)?.[0] ?? '').toUpperCase();
    const argument = line.replace(/\r$/, '').slice(keyword.length).trim();
    exchange = false;
    if (reply.startsWith('-ERR')) {
      if (transaction && /^QUIT\r?$/i.test(line)) {
        demand(faulty, `QUIT was refused: ${shown(reply)}`);
        updated = false;
      }
      continue;
    }
    demand(
      (transaction ? AFTER : BEFORE).includes(keyword),
      `+OK to ${shown(line)} ${transaction ? 'after' : 'before'} login`,
    );
    states.add(`${transaction ? 'TRANSACTION' : 'AUTHORIZATION'} ${keyword}`);
    if (keyword === 'STLS') {
      const behind = replies.rest;
      demand(
        behind === '' || behind.startsWith('\x15\x03'),
        `octets in the clear behind the reply to STLS: ${shown(behind)}`,
      );
      states.add('STLS');
      return [...states];
    }
    if (keyword === 'PASS' || keyword === 'AUTH' || keyword === 'APOP') {
      if (keyword !== 'AUTH' || argument !== '' || !/^AUTH\s*$/i.test(line)) transaction = true;
    }
    const number = Number(/^\d+/.exec(argument)?.[0]);
    if (keyword === 'DELE') {
      demand(number >= 1 && number <= 3 && !marked.has(number), `+OK to ${shown(line)}`);
      marked.add(number);
    }
    if (keyword === 'RSET') marked = new Set();
    if (keyword === 'STAT') {
      const [, count, octets] = /^\+OK (\d+) (\d+)$/.exec(reply) ?? [];
      const there = LETTERS.filter((_, index) => !marked.has(index + 1));
      demand(Number(count) === there.length, `STAT with ${marked.size} of 3 marked: ${shown(reply)}`);
      demand(Number(octets) === there.join('').length, `STAT's octets: ${shown(reply)}`);
    }
    if (
      ['RETR', 'TOP'].includes(keyword) ||
      keyword === 'CAPA' ||
      (['LIST', 'UIDL'].includes(keyword) && argument === '')
    ) {
      const body = replies.multiLine();
      if (body === undefined) {
        demand(faulty && end === 'error', `a multi-line response without end: ${shown(line)}`);
        break;
      }
      if (keyword === 'RETR' || keyword === 'TOP') {
        const letter = LETTERS[number - 1] ?? '';
        demand(!marked.has(number), `${shown(line)} of a letter that is marked`);
        demand(keyword === 'RETR' ? body === letter : letter.startsWith(body), `${shown(line)} gave ${shown(body)}`);
      } else if (keyword !== 'CAPA') {
        const numbers = body
          .split('\r\n')
          .slice(0, -1)
          .map((row) => Number(row.split(' ')[0]));
        const due = [1, 2, 3].filter((each) => !marked.has(each));
        demand(numbers.join() === due.join(), `${keyword} with ${[...marked]} marked: ${shown(body)}`);
      }
    }
    if (keyword === 'QUIT') {
      quit = true;
      if (transaction) updated = true;
    }
  }
  if (end === 'closed') demand(answered >= lines.length, `${lines.length} lines, ${answered} replies`);
  else if (end === 'quit' || end === 'quit-unauthenticated')
    demand(quit || updated === false, `${end} without a reply to QUIT`);
  else if (lines.slice(answered).some((line) => /^STLS\s*$/i.test(line)))
    demand(['error', 'limit', 'refused'].includes(end), `octets behind STLS, and the end is ${end}`);
  else demand(end === 'refused' || end === 'limit' || faulty, `the session ended by itself: ${end}`);
  const removed = LETTERS.length - left;
  if (updated === true) demand(removed === marked.size, `${marked.size} were marked, ${removed} removed`);
  else demand(removed === 0, `${removed} letters were removed, and no QUIT was answered +OK`);
  states.add(`end ${end}`);
  return [...states];
}
