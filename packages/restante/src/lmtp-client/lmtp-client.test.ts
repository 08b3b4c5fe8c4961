import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { LocalLetter } from './letter.ts';
import { LmtpClient, type LmtpTimeouts } from './lmtp-client.ts';
import { SYSEXITS, sysexitOf, worst } from './sysexits.ts';

const HELLO = '250-there\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 1000\r\n';

/** A server that says these things, each when the client has sent what stands before it. */
async function server(t: TestContext, script: readonly (readonly [heard: RegExp, say: string | null])[]) {
  let heard = '';
  const listening = createServer((socket: Socket) => {
    const rest = [...script];
    let from = 0;
    socket.on('error', () => socket.destroy());
    socket.write('220 there\r\n');
    socket.on('data', (octets) => {
      heard += octets.toString('latin1');
      for (;;) {
        const [pattern, say] = rest[0] ?? [];
        const found = pattern?.exec(heard.slice(from));
        if (pattern === undefined || !found) return;
        from += found.index + found[0].length;
        rest.shift();
        if (say === null) socket.destroy();
        else socket.write(say ?? '');
      }
    });
  }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  t.after(() => listening.close());
  const address = listening.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { place: { host: '127.0.0.1', port }, heard: () => heard };
}

const TEXT = 'A: 1\n\n.x\n';
const LETTER = new LocalLetter(() => [Buffer.from(TEXT)]);

async function send(
  t: TestContext,
  script: readonly (readonly [heard: RegExp, say: string | null])[],
  { to = ['anna', 'bert'], letter = LETTER, timeouts = {} as Partial<LmtpTimeouts> } = {},
) {
  const there = await server(t, script);
  const client = await LmtpClient.connect(there.place, timeouts);
  const outcomes = await client.send({ from: 'pat@example.org', to }, letter, letter.look());
  await client.close();
  return { outcomes, heard: there.heard(), statuses: outcomes.map(sysexitOf) };
}

const GO = [/LHLO \S+\r\n/, HELLO] as const;
const OK3 = '250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n';

test('a server that says to DATA that all is well has no letter', async (t) => {
  const { statuses } = await send(t, [GO, [/DATA\r\n/, '250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n']]);
  assert.deepEqual(statuses, [SYSEXITS.temporary, SYSEXITS.temporary]);
});

test('MAIL, RCPT and DATA go together; each recipient has its own reply, of several lines or not (LM-04, LM-10)', async (t) => {
  const { statuses, heard } = await send(t, [
    GO,
    [/DATA\r\n/, OK3],
    [/\r\n\.\r\n/, '250 2.0.0 kept\r\n452-4.2.2 mailbox\r\n452 4.2.2 full\r\n'],
    [/QUIT\r\n/, '221 bye\r\n'],
  ]);
  assert.deepEqual(statuses, [0, 75]);
  assert.match(
    heard,
    /^LHLO \S+\r\nMAIL FROM:<pat@example\.org> SIZE=12\r\nRCPT TO:<anna>\r\nRCPT TO:<bert>\r\nDATA\r\nA: 1\r\n\r\n\.\.x\r\n\.\r\nQUIT\r\n$/,
  );
});

test('a connection that is lost after the first of two replies: that one counts, the other comes again (LM-09)', async (t) => {
  const { statuses } = await send(t, [GO, [/DATA\r\n/, OK3], [/\r\n\.\r\n/, '250 kept\r\n'], [/(?:)/, null]]);
  assert.deepEqual(statuses, [0, 75]);
});

test('a connection that is lost in the letter, or before it: nobody has it', async (t) => {
  assert.deepEqual((await send(t, [GO, [/DATA\r\n/, OK3], [/\r\n\.\r\n/, null]])).statuses, [75, 75]);
  assert.deepEqual((await send(t, [GO, [/DATA\r\n/, null]])).statuses, [75, 75]);
});

test('a recipient who is refused has that reply; the other gets the letter', async (t) => {
  const { statuses } = await send(t, [
    GO,
    [/DATA\r\n/, '250 ok\r\n550 5.1.1 no such mailbox\r\n250 ok\r\n354 go\r\n'],
    [/\r\n\.\r\n/, '250 kept\r\n'],
    [/QUIT/, '221 bye\r\n'],
  ]);
  assert.deepEqual(statuses, [67, 0]);
});

test('a sender who is refused settles it for all', async (t) => {
  const { statuses } = await send(t, [
    GO,
    [/DATA\r\n/, '552 5.3.4 too large\r\n503 no\r\n503 no\r\n503 no\r\n'],
    [/RSET\r\n/, '250 ok\r\n'],
    [/QUIT/, '221 bye\r\n'],
  ]);
  assert.deepEqual(statuses, [65, 65]);
});

test('without PIPELINING one thing is said after the other', async (t) => {
  const { statuses } = await send(
    t,
    [
      [/LHLO \S+\r\n/, '250 there\r\n'],
      [/^MAIL FROM:<pat@example\.org>\r\n$/, '250 ok\r\n'],
      [/^RCPT TO:<anna>\r\n$/, '250 ok\r\n'],
      [/^DATA\r\n$/, '354 go\r\n'],
      [/\r\n\.\r\n/, '250 kept\r\n'],
      [/QUIT/, '221 bye\r\n'],
    ],
    { to: ['anna'] },
  );
  assert.deepEqual(statuses, [0]);
});

test('a server that accepts nobody and waits for a letter all the same gets none', async (t) => {
  const { statuses, heard } = await send(t, [
    GO,
    [/DATA\r\n/, '250 ok\r\n550 5.1.1 no\r\n550 5.1.1 no\r\n354 go\r\n'],
    [/RSET\r\n/, '250 ok\r\n'],
    [/QUIT/, '221 bye\r\n'],
  ]);
  assert.deepEqual(statuses, [67, 67]);
  assert.match(heard, /DATA\r\n\.\r\nRSET\r\n/);
});

test('a letter that cannot be read to its end is never ended with a dot', async (t) => {
  let looks = 0;
  const letter = new LocalLetter(function* () {
    yield Buffer.from('A: 1\n\nbeginning\n');
    looks += 1;
    if (looks > 1) throw new Error('the disk is on fire');
  });
  const { statuses, heard } = await send(t, [GO, [/DATA\r\n/, OK3]], { letter });
  assert.deepEqual(statuses, [75, 75]);
  assert.ok(!heard.includes('\r\n.\r\n'));
});

test('a CR that stands alone goes only to who says that it takes it', async (t) => {
  const letter = new LocalLetter(() => [Buffer.from('A: 1\n\na\rb\n')]);
  const refused = await send(t, [GO, [/QUIT/, '221 bye\r\n']], { letter });
  assert.deepEqual(refused.statuses, [65, 65]);
  assert.ok(!refused.heard.includes('MAIL'));
  const { statuses, heard } = await send(
    t,
    [
      [/LHLO \S+\r\n/, '250-there\r\n250-PIPELINING\r\n250 XBARECR\r\n'],
      [/DATA\r\n/, OK3],
      [/\r\n\.\r\n/, '250 kept\r\n250 kept\r\n'],
      [/QUIT/, '221 bye\r\n'],
    ],
    { letter },
  );
  assert.deepEqual(statuses, [0, 0]);
  assert.match(heard, /MAIL FROM:<pat@example\.org> XBARECR\r\n.*\r\na\rb\r\n\.\r\n/s);
});

test('who never answers is given up, and so is who says what is no reply', async (t) => {
  const silent = await send(t, [GO], { timeouts: { reply: 50, connect: 50 } });
  assert.deepEqual(silent.statuses, [75, 75]);
  const odd = await send(t, [GO, [/DATA\r\n/, 'HTTP/1.1 200 OK\r\n']]);
  assert.deepEqual(odd.statuses, [75, 75]);
  const endless = await send(t, [GO, [/DATA\r\n/, '2'.repeat(10_000)]]);
  assert.deepEqual(endless.statuses, [75, 75]);
  await assert.rejects(LmtpClient.connect((await server(t, [[/LHLO/, '500 5.5.1 no\r\n']])).place));
});

test('what mail systems understand of it (sysexits.h)', () => {
  const of = (code: number, status?: string) =>
    sysexitOf({ type: 'reply', to: 'letter', reply: { code, lines: [], ...(status !== undefined && { status }) } });
  assert.equal(of(250), SYSEXITS.ok);
  assert.equal(of(451, '4.3.0'), SYSEXITS.temporary);
  assert.equal(of(550, '5.1.1'), SYSEXITS.noUser);
  assert.equal(of(550), SYSEXITS.noUser);
  assert.equal(of(550, '5.2.1'), SYSEXITS.unavailable);
  assert.equal(of(552, '5.2.2'), SYSEXITS.cannotCreate);
  assert.equal(of(552, '5.3.4'), SYSEXITS.dataError);
  assert.equal(of(554, '5.6.0'), SYSEXITS.dataError);
  assert.equal(of(554, '5.4.6'), SYSEXITS.unavailable);
  assert.equal(of(550, '5.7.1'), SYSEXITS.noPermission);
  assert.equal(worst([0, 67, 75]), 75, 'whoever may still have it is not given up');
  assert.equal(worst([0, 67, 65]), 67);
  assert.equal(worst([0, 0]), 0);
});
