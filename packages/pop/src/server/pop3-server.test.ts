import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { type Maildrop, memoryMailbox } from '../maildrop/index.ts';
import type { Verdict } from '../sasl/mechanism.ts';
import { duplexPair, ManualClock, turns } from '../testing/index.ts';
import type { Peer } from './peer.ts';
import { Client, certificate, LOGIN, neighbour, open, slow, stranger } from './pop3-call.test-support.ts';
import type { Pop3Options, SessionReport } from './pop3-options.ts';
import { createPop3Server } from './pop3-server.ts';

test('a session is reported once, without a secret in it', async () => {
  const { call, reports, server } = open();
  const client = await call();
  assert.equal(server.sessions, 1);
  await client.say(`${LOGIN}RETR 1\r\nTOP 2 0\r\nDELE 1\r\nQUIT\r\n`);
  await turns();
  const [report, ...more] = reports;
  assert.ok(report !== undefined);
  assert.deepEqual(more, []);
  const { session, octetsOut, milliseconds, ...rest } = report;
  assert.match(session, /^[\w-]+$/);
  assert.equal(octetsOut, client.output.length);
  assert.equal(milliseconds, 0);
  assert.deepEqual(rest, {
    protocol: 'pop3',
    peer: stranger,
    account: 'tim',
    mechanism: 'USER',
    end: 'quit',
    octetsIn: LOGIN.length + 'RETR 1\r\nTOP 2 0\r\nDELE 1\r\nQUIT\r\n'.length,
    commands: 6,
    failedLogins: 0,
    letters: 2,
    retrieved: 1,
    topped: 1,
    deleted: 1,
  });
  assert.equal(server.sessions, 0);
});

test('each command is reported at its reply, once, whatever it was', async () => {
  const commands: string[] = [];
  const { call } = open({
    onCommand: ({ keyword = 'none', outcome, milliseconds }) => {
      assert.ok(milliseconds >= 0);
      commands.push(`${keyword} ${outcome}`);
    },
  });
  const client = await call();
  await client.say(`stat\r\nAUTH PLAIN\r\n`);
  assert.deepEqual(commands.splice(0), ['STAT err'], 'a challenge is no reply');
  const plain = Buffer.from('\0tim\0tanstaaf').toString('base64');
  await client.say(`${plain}\r\nPASSWORD tanstaaf\r\n${'x'.repeat(20_000)}\r\nLIST\r\nRETR 9\r\nRETR 1\r\nQUIT\r\n`);
  assert.deepEqual(commands, ['AUTH ok', 'none err', 'none err', 'LIST ok', 'RETR err', 'RETR ok', 'QUIT ok']);
});

test('what QUIT removed is gone from the next session, and what was only marked is not (P3-60, P3-61)', async () => {
  const { call } = open();
  const first = await call();
  await first.say(`${LOGIN}DELE 1\r\n`);
  first.socket.resetAndDestroy();
  await turns();
  const second = await call();
  assert.match(await second.say(`${LOGIN}DELE 2\r\nSTAT\r\nQUIT\r\n`), /\+OK 1 13\r\n\+OK goodbye\r\n$/);
  const third = await call();
  assert.match(await third.say(`${LOGIN}STAT\r\n`), /\+OK 1 13\r\n$/);
});

test('status line, letter and terminator are one write; so are all replies of one turn', async () => {
  const letter = `A: b\n\n${'x'.repeat(60_000)}\n`;
  const { call } = open({ openMaildrop: () => memoryMailbox([letter]).open() });
  const client = await call();
  await client.say(LOGIN);
  const before = client.writes.length;
  await client.say('RETR 1\r\n');
  await client.say('NOOP\r\nSTAT\r\nLIST\r\n');
  const [retrieved, rest, ...more] = client.writes.slice(before);
  assert.ok(retrieved?.startsWith('+OK 60010 octets\r\nA: b\r\n') && retrieved.endsWith('x\r\n.\r\n'));
  assert.match(rest ?? '', /^\+OK [^\r]*\r\n\+OK 1 60010\r\n\+OK .*1 60010\r\n\.\r\n$/s);
  assert.deepEqual(more, []);
});

test('the autologout timer: silent, after the last command, in both states, and nothing is removed (P3-17, P3-18)', async () => {
  for (const commands of ['CAPA\r\n', `${LOGIN}DELE 1\r\n`]) {
    const { call, clock, reports, mailbox } = open();
    const client = await call();
    await clock.advance(500_000);
    const answer = await client.say(commands);
    const output = client.output;
    assert.ok(answer.length > 0);
    await clock.advance(599_999);
    assert.equal(client.ended, false);
    await clock.advance(1);
    assert.equal(client.ended, true);
    assert.equal(client.output, output);
    assert.equal(reports[0]?.end, 'idle');
    assert.equal(mailbox.open().count, 2);
  }
});

test('a clock that is set forth or back neither cuts a session off nor keeps an idle one (P3-18)', async () => {
  for (const set of [86_400_000, -86_400_000]) {
    const { call, clock, reports } = open();
    const client = await call();
    await clock.advance(500_000);
    await client.say('CAPA\r\n');
    clock.step(set);
    await clock.advance(599_999);
    assert.equal(client.ended, false);
    await clock.advance(1);
    assert.equal(client.ended, true);
    assert.deepEqual(
      reports.map(({ end, milliseconds }) => ({ end, milliseconds })),
      [{ end: 'idle', milliseconds: 1_100_000 }],
    );
  }
});

test('octets that are no command yet do not hold the timer off (P3-18)', async () => {
  const { call, clock } = open();
  const client = await call();
  for (let minute = 1; minute < 10; minute += 1) {
    await clock.advance(60_000);
    await client.say('N');
  }
  await clock.advance(60_000);
  assert.equal(client.ended, true);
});

test('a slow reader of a long letter is not idle, and what waits for it is bounded (P3-19)', async () => {
  const slice = Buffer.from(`${'x'.repeat(65_534)}\r\n`);
  const slices = 100;
  let reads = 0;
  const maildrop: Maildrop = {
    count: 1,
    octets: slice.length * slices,
    entries: () => [{ number: 1, uniqueId: 'a', octets: slice.length * slices, body: 0, dotted: false }],
    read() {
      reads += 1;
      return slice;
    },
    expunge: async () => ({ notRemoved: [] }),
    close() {},
  };
  const { server, clock, reports } = open({ openMaildrop: () => maildrop, limits: { replyBacklog: 100_000 } });
  const [ours, theirs] = duplexPair({}, { highWaterMark: 1_000 });
  server.accept(ours, stranger);
  theirs.write(`${LOGIN}RETR 1\r\n`);
  await turns();
  assert.ok(reads > 0 && reads < 5, `${reads}`);
  let received = 0;
  for (let minutes = 0; minutes < 45; minutes += 1) {
    await clock.advance(60_000);
    received += (theirs.read() as Buffer | null)?.length ?? 0;
    await turns();
  }
  assert.deepEqual(reports, []);
  assert.ok(reads < 60, `${reads}`);
  theirs.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  while (reads < slices) await turns();
  await turns();
  const status = `+OK ${slice.length * slices} octets\r\n`;
  assert.ok(received > slice.length * slices + status.length);
  theirs.destroy();
});

test('a peer that sends and never reads is no longer read from', async () => {
  const { server } = open({ limits: { replyBacklog: 10_000, pendingInput: 10_000 } });
  const [ours, theirs] = duplexPair({}, { highWaterMark: 100 });
  server.accept(ours, stranger);
  let taken = 0;
  for (let write = 0; write < 200; write += 1) {
    theirs.write('CAPA\r\n'.repeat(1_000), () => {
      taken += 1;
    });
  }
  for (let again = 0; again < 20; again += 1) await turns();
  assert.ok(taken < 20, `${taken}`);
  assert.ok(ours.writableLength < 100_000, `${ours.writableLength}`);
  theirs.destroy();
  await turns();
});

test('by default a password goes without TLS on loopback only, and elsewhere nobody is asked (AUTH-22, TLS-09)', async () => {
  let asked = 0;
  const authenticate = (): Verdict => {
    asked += 1;
    return { type: 'accepted', account: 'tim' };
  };
  const options = { authenticate, openMaildrop: () => memoryMailbox().open(), tls: certificate };
  const server = createPop3Server({ ...options, clock: new ManualClock() });
  const call = (peer: Peer) => {
    const [ours, theirs] = duplexPair();
    server.accept(ours, peer);
    return new Client(theirs);
  };
  const near = call(neighbour);
  assert.match(await near.say(LOGIN), /\+OK maildrop/);
  assert.equal(asked, 1);
  for (const peer of [stranger, { ...neighbour, loopback: false }]) {
    const far = call(peer);
    assert.match(await far.say(`${LOGIN}AUTH PLAIN AHRpbQB0YW5zdGFhZg==\r\n`), /-ERR[^[]*-ERR[^[]*-ERR[^[]*$/);
  }
  assert.equal(asked, 1);
});

test('TLS first: the greeting comes inside it, and a password may be sent (TLS-01)', async () => {
  const clock = new ManualClock();
  const reports: SessionReport[] = [];
  const server = createPop3Server({
    clock,
    tls: certificate,
    authenticate: () => ({ type: 'accepted', account: 'tim' }),
    openMaildrop: () => memoryMailbox().open(),
    onSession: (report) => reports.push(report),
  });
  const [ours, theirs] = duplexPair();
  server.accept(ours, stranger, { secure: true });
  const secured = connectTls({ socket: theirs, ca: certificate.cert, servername: 'localhost' });
  let output = '';
  secured.on('data', (chunk: Buffer) => {
    output += chunk.toString('latin1');
  });
  secured.on('end', () => secured.end());
  secured.write(`CAPA\r\n${LOGIN}QUIT\r\n`);
  while (reports.length === 0) await turns();
  assert.match(output, /^\+OK [^\r]* ready\r\n\+OK/);
  assert.match(output, /\r\nUSER\r\n/);
  assert.doesNotMatch(output, /STLS/);
  assert.match(output, /\+OK goodbye\r\n$/);
  assert.match(reports[0]?.peer.tls?.version ?? '', /^TLSv1/);
});

test('a handshake that fails is reported, and nothing is sent in the clear (TLS-01)', async () => {
  const { server, reports } = open({ tls: certificate });
  const [ours, theirs] = duplexPair();
  server.accept(ours, stranger, { secure: true });
  const client = new Client(theirs);
  await client.say('USER tim\r\nPASS tanstaaf\r\n');
  while (reports.length === 0) await turns();
  assert.equal(reports[0]?.end, 'error');
  assert.match(reports[0]?.reason ?? '', /TLS/);
  assert.doesNotMatch(client.output, /\+OK/);
});

for (const secure of [true, false]) {
  const where = secure ? 'at the POP3S port' : 'behind STLS';
  const guard = { timeout: 20_000 };
  /** A client over TCP of whom a handshake is awaited. */
  const awaited = async () => {
    const { server, clock, reports } = open({ tls: certificate });
    const at = await server.listen({ host: '127.0.0.1', port: 0 }, { secure });
    assert.ok('port' in at);
    const client = connect({ port: at.port, host: '127.0.0.1', allowHalfOpen: true });
    client.on('error', () => {});
    let said = '';
    client.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1');
    });
    if (secure) {
      await once(client, 'connect');
    } else {
      client.write('STLS\r\n');
      while (!said.includes('TLS')) await once(client, 'data');
    }
    return { server, clock, reports, client, clear: said.length, said: () => said };
  };

  test(`a client that goes during the handshake ${where} is reported, and not waited for`, guard, async () => {
    const { server, clock, reports, client } = await awaited();
    client.end();
    while (reports.length === 0) await turns();
    assert.deepEqual(
      reports.map(({ end, reason }) => [end, reason]),
      [['error', 'the peer closed during the TLS handshake']],
    );
    await server.close({ deadline: 60_000 });
    assert.equal(clock.pending, 0);
    client.destroy();
  });

  for (const words of ['USER tim\r\nPASS tanstaaf\r\n', '\0\xff\x16'.repeat(1_000)]) {
    const what = words.startsWith('USER') ? 'a command in the clear' : 'garbage';
    test(`${what} instead of a handshake ${where} ends the session at once, in one report`, guard, async () => {
      const { server, reports, client, clear, said } = await awaited();
      client.write(words, 'latin1');
      while (reports.length === 0) await turns();
      assert.equal(reports.length, 1);
      assert.equal(reports[0]?.end, 'error');
      assert.match(reports[0]?.reason ?? '', /^TLS handshake: [^\r\n]+$/);
      assert.doesNotMatch(said().slice(clear), /OK|ERR/);
      await server.close();
      client.destroy();
    });
  }
}

test('closing: idle sessions at once, a reply under way is finished, no further command is taken', async () => {
  const busy = slow();
  const { server, call, reports } = open({ openMaildrop: () => busy.maildrop });
  const idle = await call();
  const quitter = await call();
  await quitter.say(`${LOGIN}DELE 1\r\nQUIT\r\n`);
  const closing = server.close();
  await turns();
  assert.equal(idle.ended, true);
  assert.equal(quitter.ended, false);
  busy.letGo();
  await closing;
  assert.match(quitter.output, /\+OK goodbye\r\n$/);
  assert.deepEqual(reports.map(({ end }) => end).sort(), ['quit', 'shutdown']);
});

test('one connection too many gets -ERR, the oldest without login makes room (P3-17)', async () => {
  const few = open({ limits: { connections: 1 } });
  await few.call();
  const refused = await few.call();
  assert.match(refused.output, /^-ERR \[SYS\/TEMP\] [^\r]*\r\n$/);
  assert.equal(refused.ended, true);

  const { call, reports } = open({ limits: { unauthenticated: 1 } });
  const member = await call();
  await member.say(LOGIN);
  const oldest = await call();
  const newest = await call();
  await turns();
  assert.deepEqual([member.ended, oldest.ended, newest.ended], [false, true, false]);
  assert.equal(reports[0]?.end, 'limit');
});

test('a client may end its side right behind its commands, and is answered', async () => {
  const { server } = open();
  const [ours, theirs] = duplexPair();
  server.accept(ours, stranger);
  theirs.end(`${LOGIN}STAT\r\n`);
  assert.match(await text(theirs), /\+OK 2 26\r\n$/);
});

test('octets behind STLS end the connection, nothing is answered; alone it begins TLS and forgets USER (STLS-06, STLS-09)', async () => {
  const { server, call, reports } = open({ tls: certificate });
  const injector = await call();
  assert.equal(await injector.say('STLS\r\nNOOP\r\n'), '');
  assert.equal(injector.ended, true);
  assert.equal(reports[0]?.end, 'error');

  const [ours, theirs] = duplexPair();
  server.accept(ours, stranger);
  theirs.write('USER tim\r\nSTLS\r\n');
  let clear = '';
  while (!clear.includes('TLS')) clear += ((await once(theirs, 'data'))[0] as Buffer).toString();
  theirs.removeAllListeners('data');
  const secured = connectTls({ socket: theirs, ca: certificate.cert, servername: 'localhost' });
  let output = '';
  secured.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  secured.write('PASS tanstaaf\r\n');
  while (output === '') await turns();
  assert.match(output, /^-ERR [^[]/);
  secured.destroy();
  await turns();
});

test('wrong options are refused when the server is made, by name', () => {
  const options: Pop3Options = {
    authenticate: () => ({ type: 'refused' }),
    openMaildrop: () => memoryMailbox().open(),
  };
  assert.throws(() => createPop3Server({ ...options, limits: { idle: 60_000 } }), /limits\.idle/);
  assert.throws(() => createPop3Server({ ...options, tls: { cert: 'x', key: 'y' } }));
  const command = { keyword: 'FOO', states: [], handle: () => ({ ok: true, text: '' }) };
  assert.throws(() => createPop3Server({ ...options, commands: [command] }), /EXT-32/);
});
