import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { destinationConformance } from './conformance.test.kit.ts';
import { incoming, place, sent, several, stage, typeOf } from './conformance-letters.test.kit.ts';
import type { Placing } from './destination.ts';
import { recordOf } from './dying.test.kit.ts';
import { LmtpOffice, lmtpDestination, lmtpUnderTest } from './lmtp.test-support.ts';

destinationConformance('LMTP', lmtpUnderTest, { promise: 'at-least-once', has: [] });

/** What a server says when it has heard that; null: it closes the connection. */
type Line = readonly [heard: RegExp, say: string | null];

/** A server that plays one script a connection, in order, and refuses further ones. */
async function server(t: TestContext, ...scripts: readonly (readonly Line[])[]) {
  const heard: string[] = [];
  const rest = [...scripts];
  const listening = createServer((socket: Socket) => {
    const script = rest.shift() ?? [];
    const lines = script.length === 0 ? [] : [...script, BYE];
    const number = heard.push('') - 1;
    let from = 0;
    socket.on('error', () => socket.destroy());
    if (lines.length === 0) return void socket.destroy();
    socket.write('220 there\r\n');
    socket.on('data', (octets) => {
      heard[number] += octets.toString('latin1');
      for (;;) {
        const [pattern, say] = lines[0] ?? [];
        const found = pattern?.exec(heard[number]?.slice(from) ?? '');
        if (pattern === undefined || !found) return;
        from += found.index + found[0].length;
        lines.shift();
        if (say === null) return void socket.destroy();
        socket.write(say ?? '');
      }
    });
  }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const folder = mkdtempSync(join(tmpdir(), 'restante-lmtp-'));
  t.after(() => {
    listening.close();
    rmSync(folder, { recursive: true });
  });
  const address = listening.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    heard,
    folder,
    destination: (recipients: readonly string[] = ['anna']) => {
      const destination = lmtpDestination(folder, { host: '127.0.0.1', port }, recipients);
      t.after(() => destination.close());
      return destination;
    },
  };
}

const HELLO: Line = [/LHLO \S+\r\n/, '250-there\r\n250 PIPELINING\r\n'];
const GO: Line = [/DATA\r\n/, '250 ok\r\n250 ok\r\n354 go\r\n'];
const GO2: Line = [/DATA\r\n/, '250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n'];
const kept = (...replies: readonly string[]): Line => [/\r\n\.\r\n/, replies.map((reply) => `${reply}\r\n`).join('')];
const BYE: Line = [/QUIT\r\n/, '221 bye\r\n'];

async function placings(t: TestContext, ...scripts: readonly (readonly Line[])[]): Promise<readonly Placing[]> {
  const { destination } = await server(t, ...scripts);
  const there = destination();
  return there.place([await stage(there, sent('one'))]);
}

test('several letters go over one connection, each from its Return-Path, and none is changed but for its dots', async (t) => {
  const there = await server(t, [HELLO, GO, kept('250 ok'), GO, kept('250 ok')]);
  const destination = there.destination(['anna@example.org']);
  const staged = [
    await stage(destination, {
      letter: incoming('1'),
      octets: Buffer.from('Return-Path: <pat@example.org>\r\n\r\n.x\r\n'),
    }),
    await stage(destination, { letter: incoming('2'), octets: Buffer.from('From me\r\nA: b\r\n\r\nFrom here\r\n') }),
  ];
  assert.deepEqual(
    await destination.place(staged),
    staged.map(() => ({ type: 'placed', place: destination.name })),
  );
  await destination.close();
  assert.equal(there.heard.length, 1);
  assert.match(
    there.heard[0] ?? '',
    /^LHLO \S+\r\nMAIL FROM:<pat@example\.org>\r\nRCPT TO:<anna@example\.org>\r\nDATA\r\nReturn-Path: <pat@example\.org>\r\n\r\n\.\.x\r\n\.\r\nMAIL FROM:<>\r\nRCPT TO:<anna@example\.org>\r\nDATA\r\nFrom me\r\nA: b\r\n\r\nFrom here\r\n\.\r\nQUIT\r\n$/,
  );
});

test('whom a refusal is about (RFC 3463 §3)', async (t) => {
  const blame = async (...script: readonly Line[]) => {
    const [placing] = await placings(t, [HELLO, ...script]);
    assert.ok(placing?.type === 'refused', String(script[0]));
    return placing.blame;
  };
  const mail = (reply: string) => blame([/DATA\r\n/, `${reply}\r\n503 no\r\n503 no\r\n`], [/RSET/, '250 ok\r\n']);
  const rcpt = (reply: string) => blame([/DATA\r\n/, `250 ok\r\n${reply}\r\n503 no\r\n`], [/RSET/, '250 ok\r\n']);
  const end = (reply: string) => blame(GO, kept(reply));
  assert.equal(await mail('451 4.3.0 later'), 'destination');
  assert.equal(await mail('552 5.3.4 too large'), 'letter');
  assert.equal(await mail('550 5.1.8 no such sender'), 'letter');
  assert.equal(await rcpt('450 4.2.1 not now'), 'destination');
  assert.equal(await rcpt('550 5.1.1 no such mailbox'), 'destination');
  assert.equal(await rcpt('550 no'), 'destination');
  assert.equal(await end('452 4.2.2 full'), 'destination');
  assert.equal(await end('552 5.2.2 full'), 'destination');
  assert.equal(await end('554 5.6.0 what is this'), 'letter');
  assert.equal(await end('550 5.7.1 unwanted'), 'letter');
  assert.equal(await end('552 too large'), 'letter');
  assert.equal(await end('554 5.4.6 it goes round in circles'), 'letter');
});

test('a refusal is told with its recipient and reply, on one line', async (t) => {
  const [placing] = await placings(t, [HELLO, GO, kept('554-5.6.0 no\r\n554 5.6.0 \x1b[31mreally')]);
  assert.ok(placing?.type === 'refused');
  assert.equal(placing.why, 'anna: 554 5.6.0 no 5.6.0 ?[31mreally');
});

test('a connection that is lost behind the end of a letter: it may come twice, and that is said (LM-09)', async (t) => {
  const there = await server(t, [HELLO, GO, [/\r\n\.\r\n/, null]], [HELLO, GO, kept('250 ok')]);
  const destination = there.destination();
  const letter = sent('one');
  const [lost] = await destination.place([await stage(destination, letter)]);
  assert.ok(lost?.type === 'refused' && lost.blame === 'destination');
  assert.match(lost.why, /it may come twice/);
  assert.equal(there.heard.length, 1, 'it is not sent again at once');
  await place(destination, [letter]);
});

test('a server that has closed a connection nobody used is called again', async (t) => {
  const there = await server(t, [HELLO, GO, kept('250 ok'), [/MAIL/, null]], [HELLO, GO, kept('250 ok')]);
  const destination = there.destination();
  await place(destination, [sent('one')]);
  await place(destination, [sent('two')]);
  assert.equal(there.heard.length, 2);
});

test('where nobody takes letters that is said before one comes, and asked once for all of them', async (t) => {
  const there = await server(t);
  const destination = there.destination();
  await assert.rejects(destination.check(), /^Failure: nobody takes letters at lmtp:there for anna: /);
  const staged = [];
  for (const letter of several(3)) staged.push(await stage(destination, letter));
  const refusals = await destination.place(staged);
  assert.deepEqual(
    refusals.map((refusal) => refusal.type === 'refused' && refusal.blame),
    Array(3).fill('destination'),
  );
  assert.equal(there.heard.length, 2);
});

test('what one of two recipients has taken comes again for the other alone, also in a later run', async (t) => {
  const there = await server(
    t,
    [HELLO, GO2, kept('250 ok', '452 4.2.2 full')],
    [HELLO, GO, kept('452 4.2.2 full')],
    [HELLO, GO, kept('250 ok')],
    [HELLO, GO2, kept('250 ok', '250 ok')],
  );
  const letter = sent('one');
  const run = async (one = letter) => {
    const destination = there.destination(['anna', 'bert']);
    const [placing] = await destination.place([await stage(destination, one)]);
    await destination.close();
    return placing?.type;
  };
  assert.deepEqual([await run(), await run(), await run()], ['refused', 'refused', 'placed']);
  assert.deepEqual(readdirSync(join(there.folder, 'spool')), []);
  assert.equal(await run(sent('two')), 'placed');
  const recipients = there.heard.map((heard) => heard.match(/(?<=RCPT TO:<)\w+/g));
  assert.deepEqual(recipients, [['anna', 'bert'], ['bert'], ['bert'], ['anna', 'bert']]);
});

test('a CR that stands alone goes only to who says that it takes it (SM-21)', async (t) => {
  const letter = { letter: incoming('cr'), octets: Buffer.from('A: b\r\n\r\na\rb\r\n') };
  const there = await server(
    t,
    [HELLO],
    [[/LHLO \S+\r\n/, '250-there\r\n250-PIPELINING\r\n250 XBARECR\r\n'], GO, kept('250 ok')],
  );
  const deaf = there.destination();
  const [refusal] = await deaf.place([await stage(deaf, letter)]);
  assert.ok(refusal?.type === 'refused' && refusal.blame === 'letter');
  assert.match(refusal.why, /a CR stands alone/);
  await deaf.close();
  await place(there.destination(), [letter]);
  assert.match(there.heard[1] ?? '', /MAIL FROM:<> XBARECR\r\n.*\r\na\rb\r\n\.\r\n/s);
});

test('a letter may have recipients of its own; one that nobody knows is its own fault', async (t) => {
  const there = await server(t, [
    HELLO,
    GO,
    kept('250 ok'),
    [/DATA\r\n/, '250 ok\r\n550 5.1.1 no\r\n503 no\r\n'],
    [/RSET/, '250 ok\r\n'],
  ]);
  const destination = there.destination([]);
  const staged = [];
  for (const [key, address] of [
    ['1', 'anna@example.org'],
    ['2', 'nobody@example.org'],
  ] as const) {
    const one = destination.stageFor(incoming(key), [address]);
    await one.write(Buffer.from('A: b\r\n\r\n'));
    const whole = await one.end();
    assert.ok(whole.type === 'staged');
    staged.push(whole);
  }
  const [first, second] = await destination.place(staged);
  assert.deepEqual(first, { type: 'placed', place: 'lmtp:there for anna@example.org' });
  assert.ok(second?.type === 'refused' && second.blame === 'letter');
});

test('a letter that has been at its recipient is stopped by our own office, and stays at the server (SM-64)', async (t) => {
  const office = await LmtpOffice.start();
  t.after(() => office.close());
  const destination = office.destination(['anna@example.org']);
  const octets = Buffer.from('Delivered-To: anna@example.org\r\nA: b\r\n\r\n');
  const [placing] = await destination.place([await stage(destination, { letter: incoming('loop'), octets })]);
  await destination.close();
  assert.ok(placing?.type === 'refused' && placing.blame === 'letter');
  assert.match(placing.why, /5\.4\.6/);
});

test('after a crash nobody knows, so that it is handed over again', async (t) => {
  const office = await LmtpOffice.start();
  t.after(() => office.close());
  const destination = office.destination();
  const letter = sent('one');
  const [staged] = await place(destination, [letter]);
  assert.ok(staged);
  assert.deepEqual((await destination.settle([recordOf(staged, letter.octets)])).map(typeOf), ['not-there']);
  await destination.close();
});

test('a server that hangs does not keep it from being closed, and the letter comes again', async (t) => {
  const there = await server(t, [HELLO, GO, [/\r\n\.\r\n/, ''], [/never/, '']]);
  const destination = there.destination();
  const staged = [await stage(destination, sent('one')), await stage(destination, sent('two'))];
  const placing = destination.place(staged);
  while (!there.heard[0]?.endsWith('\r\n.\r\n')) await new Promise(setImmediate);
  await destination.close();
  const [lost, rest] = await placing;
  assert.ok(lost?.type === 'refused' && lost.blame === 'destination');
  assert.match(lost.why, /it may come twice/);
  assert.ok(rest?.type === 'refused' && rest.blame === 'destination');
});
