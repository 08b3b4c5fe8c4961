import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StoreErrorKind } from '../maildrop/store-error.ts';
import { createPop3Server, type Peer } from '../server/index.ts';
import { duplexPair } from './duplex-pair.ts';
import { type FaultyMethod, FaultyStore, type StoreFault } from './faulty-store.ts';
import { MemoryStore } from './memory-store.ts';
import { find, inWords, place } from './store-cases/steps.ts';

/**
 * Every call that a session makes of a store fails once, with every kind of error. What the client sees is an error or a
 * connection that breaks, never a terminator behind a part, an empty mailbox, or a +OK to QUIT for what is still there.
 */

const lines = (text: string, count: number) =>
  Array.from({ length: count }, (_, line) => `${line} ${text}\r\n`).join('');
const letters = [
  'Subject: short\r\n\r\nHello\r\n',
  `Subject: dots\r\n\r\n.\r\n..\r\n${lines('of a letter that takes several reads', 30)}.end\r\n`,
  `Subject: long\r\n\r\n${lines('of another one', 60)}`,
];

/** A session's commands, and whether +OK begins a multi-line response. */
const commands = [
  { line: 'USER one' },
  { line: 'PASS secret' },
  { line: 'STAT' },
  { line: 'LIST', lines: letters.map((letter, index) => `${index + 1} ${letter.length}\r\n`).join('') },
  { line: 'UIDL', lines: '' },
  { line: 'RETR 2', lines: letters[1] },
  { line: 'TOP 3 2', lines: `Subject: long\r\n\r\n${lines('of another one', 2)}` },
  { line: 'RETR 1', lines: letters[0] },
  { line: 'LIST 3' },
  { line: 'DELE 2' },
  { line: 'QUIT' },
] as const;

interface Answered {
  readonly command: string;
  /** The status line without its line end; undefined when the connection broke before it was whole. */
  readonly status: string | undefined;
  /** What followed it of a multi-line response, un-stuffed. */
  readonly lines: string;
  /** Whether the terminator came. */
  readonly ended: boolean;
}

const peer: Peer = { address: '127.0.0.1', localAddress: '127.0.0.1', loopback: true };

/** How a client sends: all at once, or each command when the reply to the last is there. */
type Manner = 'pipelined' | 'in lockstep';

/** Holds a session over a store with one fault; answers what the client saw, and what is left. */
async function hold(fault: StoreFault, manner: Manner = 'pipelined') {
  const store = new MemoryStore({ maildrops: ['one'], slice: 400 });
  for (const letter of letters) await place(store, 'one', letter);
  const faulty = new FaultyStore(store, fault);
  const server = createPop3Server({
    authenticate: () => ({ type: 'accepted', account: 'one' }),
    openMaildrop: (name) => faulty.openMaildrop(name),
    hostname: 'pop.example',
    limits: { failureDelay: 0 },
  });
  const [client, served] = duplexPair();
  server.accept(served, peer);
  let heard = '';
  let sent = 0;
  const send = (count: number) => {
    for (const { line } of commands.slice(sent, count)) client.write(`${line}\r\n`);
    sent = Math.max(sent, count);
  };
  client.on('data', (octets: Buffer) => {
    heard += octets.toString('latin1');
    const whole = readAnswers(heard).filter(({ status, ended }) => status !== undefined && ended);
    if (heard.includes('\r\n')) send(manner === 'pipelined' ? commands.length : whole.length + 1);
  });
  // Writing to a connection that broke is an error; that it broke is seen in the answers.
  client.on('error', () => {});
  const closed = new Promise((resolve) => client.once('close', resolve));
  client.once('end', () => client.end());
  await closed;
  await server.close();
  const answers = readAnswers(heard);
  return { answers, cameToPass: faulty.calls >= fault.call, left: await find(store, 'one') };
}

/** Takes the octets apart as a strict client does. */
function readAnswers(text: string): readonly Answered[] {
  let rest = text.slice(text.indexOf('\r\n') + 2);
  const answers: Answered[] = [];
  for (const command of commands) {
    const status = takeLine();
    const isMultiLine = 'lines' in command && status?.startsWith('+OK') === true;
    let lines = '';
    let line = isMultiLine ? takeLine() : undefined;
    while (line !== undefined && line !== '.') {
      lines += `${line.replace(/^\./u, '')}\r\n`;
      line = takeLine();
    }
    answers.push({ command: command.line, status, lines, ended: !isMultiLine || line === '.' });
  }
  assert.equal(rest.replace(/^[^\r\n]*$/u, ''), '', 'nothing but a broken line is left over');
  return answers;

  function takeLine(): string | undefined {
    const end = rest.indexOf('\r\n');
    if (end < 0) return undefined;
    const line = rest.slice(0, end);
    rest = rest.slice(end + 2);
    return line;
  }
}

const kinds: readonly StoreFault['failure'][] = [
  ...([
    'temporary',
    'permanent',
    'no-room',
    'over-quota',
    'too-large',
    'exceeds-maildrop',
    'no-maildrop',
    'in-use',
  ] satisfies StoreErrorKind[]),
  'unforeseen',
];

/** What may stand behind -ERR (RC-01, EXT-17). */
function codes(failure: StoreFault['failure'], command: string): RegExp {
  if (failure === 'temporary' || failure === 'unforeseen') return /^-ERR \[SYS\/TEMP\]/u;
  if (failure === 'permanent') return /^-ERR \[SYS\/PERM\]/u;
  if (failure === 'in-use' && command.startsWith('PASS')) return /^-ERR \[IN-USE\]/u;
  return /^-ERR \[SYS\/(TEMP|PERM)\]/u;
}

/** Checks one session against all promises at once. Answers the first command that did not go as without the fault. */
function checkSession(answers: readonly Answered[], failure: StoreFault['failure']): Answered {
  const first = answers.find(({ status, ended }) => !ended || !status?.startsWith('+OK'));
  assert.ok(first, 'the failure shows');
  if (first.status !== undefined && first.ended) assert.match(first.status, codes(failure, first.command));
  for (const { command, status, lines, ended } of answers) {
    const expected = commands.find(({ line }) => line === command);
    if (status?.startsWith('+OK') && expected && 'lines' in expected && command !== 'UIDL') {
      // Whole or, when the connection broke, a part: never a part that looks whole.
      if (ended) assert.equal(lines, expected.lines, command);
      else assert.ok(expected.lines?.startsWith(lines), command);
    }
    if (command === 'UIDL' && ended && status?.startsWith('+OK')) assert.equal(lines.split('\r\n').length, 4);
    if (command === 'STAT' && status?.startsWith('+OK')) {
      assert.equal(status, `+OK 3 ${letters.join('').length}`, 'never an empty mailbox');
    }
    if (status !== undefined) assert.match(status, /^(\+OK|-ERR)( |$)/u);
  }
  return first;
}

async function failEvery(
  method: FaultyMethod,
  check: (first: Answered, left: Awaited<ReturnType<typeof hold>>['left']) => void,
) {
  let calls = 0;
  const ways = kinds.flatMap((failure) => [
    { failure, atOnce: true, manner: 'pipelined' as const },
    { failure, atOnce: false, manner: 'pipelined' as const },
    { failure, atOnce: true, manner: 'in lockstep' as const },
    { failure, atOnce: false, manner: 'in lockstep' as const },
  ]);
  for (const { failure, atOnce, manner } of ways) {
    for (let call = 1; ; call += 1) {
      const { answers, cameToPass, left } = await hold({ method, call, failure, atOnce }, manner);
      if (!cameToPass) break;
      calls += 1;
      const first = checkSession(answers, failure);
      // Replies that were pipelined may be lost with the connection.
      if (first.status !== undefined || manner === 'in lockstep') check(first, left);
      const quit = answers.at(-1);
      const isRemoved = !left.letters.includes(inMailbox(1));
      if (quit?.status?.startsWith('+OK') && answers.at(-2)?.status?.startsWith('+OK')) assert.ok(isRemoved, 'P3-61');
      else assert.ok(!isRemoved, 'nothing is removed without a +OK to DELE and QUIT (P3-60)');
      assert.ok(left.letters.includes(inMailbox(0)) && left.letters.includes(inMailbox(2)), 'P3-62');
    }
  }
  assert.ok(calls >= kinds.length * 4, `${calls} failures came to pass`);
}

describe('POP3 over a store that fails', () => {
  test('when the mailbox cannot be opened, login fails, with a code that is not [AUTH] (RC-01, RC-03)', async () => {
    await failEvery('openMaildrop', (first) => {
      assert.equal(first.command, 'PASS secret');
      assert.ok(first.status?.startsWith('-ERR'));
    });
  });

  test('when entries cannot be had, the command fails or its listing breaks off without a terminator (RC-01)', async () => {
    await failEvery('entries', (first) => assert.match(first.command, /^(LIST|UIDL|RETR|TOP|DELE)/u));
  });

  test('when a letter cannot be read, the command fails or the connection breaks without a terminator (P3-46)', async () => {
    const seen = new Set<string>();
    await failEvery('read', (first) => {
      assert.match(first.command, /^(RETR|TOP)/u);
      seen.add(first.ended ? 'an error' : 'broken off');
    });
    assert.deepEqual([...seen].toSorted(), ['an error', 'broken off']);
  });

  test('when letters cannot be removed, QUIT is answered -ERR and they are still there (P3-61)', async () => {
    await failEvery('expunge', (first, { count }) => {
      assert.equal(first.command, 'QUIT');
      assert.ok(first.status?.startsWith('-ERR'));
      assert.equal(count, 3);
    });
  });

  test('without a failure all is well', async () => {
    const { answers, left } = await hold({ method: 'purge', call: 1, failure: 'temporary' });
    for (const { command, status, ended } of answers) assert.ok(status?.startsWith('+OK') && ended, command);
    assert.deepEqual(left.letters, [inMailbox(0), inMailbox(2)]);
  });
});

test('the check notices a part that looks whole, an empty mailbox, an error with the wrong code and no failure at all', async () => {
  const { answers } = await hold({ method: 'purge', call: 1, failure: 'temporary' });
  const failing = (command: string, changed: Partial<Answered>) =>
    answers.map((answer) => (answer.command === command ? { ...answer, ...changed } : answer));
  assert.throws(() => checkSession(answers, 'temporary'), /the failure shows/u);
  checkSession(failing('RETR 2', { lines: 'Subject: dots\r\n', ended: false }), 'temporary');
  assert.throws(() => checkSession(failing('RETR 2', { lines: 'Subject: dots\r\n' }), 'temporary'), /RETR 2|shows/u);
  assert.throws(() => checkSession(failing('RETR 2', { lines: 'another', ended: false }), 'temporary'), /RETR 2/u);
  const broken = failing('RETR 2', { status: '-ERR [SYS/TEMP] no' });
  checkSession(broken, 'temporary');
  assert.throws(() => checkSession(broken, 'permanent'), /SYS/u);
  const empty = broken.map((answer) => (answer.command === 'STAT' ? { ...answer, status: '+OK 0 0' } : answer));
  assert.throws(() => checkSession(empty, 'temporary'), /never an empty mailbox/u);
});

/** A letter as `find` shows it. */
function inMailbox(index: number): string {
  return inWords(letters[index] ?? '');
}
