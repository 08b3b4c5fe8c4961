import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp, createServer as createTcpServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type MemoryMailbox, memoryMailbox } from '../maildrop/index.ts';
import { createPop3Server, type Pop3Server, type SessionReport } from '../server/index.ts';
import { duplexPair, selfSignedCertificate } from '../testing/index.ts';
import { connect, type Letter, messageNumber, type Pop3Client, Pop3Error, type Receipt } from './index.ts';
import type { Pop3ClientOptions } from './options.ts';

const { cert, key } = selfSignedCertificate();
const auth = { user: 'ada', pass: 'analytical engine' };
const LARGE = `${`${'x'.repeat(76)}\r\n`.repeat(800)}`.repeat(80);
const LETTERS = [
  'Subject: one\r\n\r\n.dot\r\n..\r\n',
  'Subject: two\r\n\r\n\xe9\x00\r\n',
  `Subject: three\r\n\r\n${LARGE}`,
  '',
];

let mailbox: MemoryMailbox;
let server: Pop3Server;
let port: number;
let securePort: number;
let reports: SessionReport[] = [];

before(async () => {
  server = createPop3Server({
    authenticate: ({ password }) =>
      password.matches(auth.pass) ? { type: 'accepted', account: 'ada' } : { type: 'refused' },
    openMaildrop: () => mailbox.open(),
    tls: { cert, key },
    onSession: (report) => reports.push(report),
  });
  const places = [
    await server.listen({ host: '127.0.0.1', port: 0 }),
    await server.listen({ host: '127.0.0.1', port: 0 }, { secure: true }),
  ];
  [port = 0, securePort = 0] = places.map((place) => ('port' in place ? place.port : 0));
});
after(() => server.close({ deadline: 100 }));

async function call(options: Partial<Pop3ClientOptions> = {}): Promise<Pop3Client> {
  // What the session before did is told by then.
  while (options.socket === undefined && server.sessions > 0) await setImmediate();
  mailbox = memoryMailbox(LETTERS.map((letter) => Buffer.from(letter, 'latin1')));
  reports = [];
  return connect({ host: 'localhost', port: securePort, auth, tls: { ca: cert }, ...options });
}

/** How the server saw the only session end. */
async function ended(): Promise<SessionReport> {
  for (;;) {
    const [report] = reports;
    if (report !== undefined) return report;
    await setImmediate();
  }
}

async function stored(pop: Pop3Client, number: number): Promise<Receipt> {
  const retrieval = pop.retrieve(messageNumber(number));
  for await (const _ of retrieval);
  return retrieval.stored(() => {});
}

const ways = {
  'TLS at once': () => call(),
  STLS: () => call({ port, secure: false }),
  'in the clear': () => call({ port, secure: false, ignoreTLS: true, allowInsecureAuth: true }),
  'a connection in memory, octet by octet': async () => {
    const [ours, theirs] = duplexPair({ cut: true }, { cut: true });
    server.accept(ours, { address: '127.0.0.1', localAddress: '127.0.0.1', loopback: true });
    return call({ socket: theirs, secure: false, ignoreTLS: true, allowInsecureAuth: true });
  },
};

for (const [way, open] of Object.entries(ways)) {
  test(`a whole session: ${way}`, async () => {
    const pop = await open();
    // Octet by octet a letter of 5 MB would take its time, and shows no more than a small one.
    const letters = way.includes('octet') ? [1, 2, 4] : [1, 2, 3, 4];
    const octets = (number: number) => Buffer.from(LETTERS[number - 1] ?? '', 'latin1');
    assert.deepEqual([pop.method, pop.pipelining, pop.security.tls], ['PLAIN', 'on', !/clear|memory/.test(way)]);
    assert.deepEqual(await pop.stat(), { count: 4, octets: LETTERS.join('').length });
    assert.deepEqual((await pop.list()).at(1), { number: 2, octets: octets(2).length });
    assert.deepEqual(await pop.list(messageNumber(1)), { number: 1, octets: octets(1).length });
    const names = await pop.uniqueIds();
    assert.deepEqual(await pop.uniqueIds(messageNumber(4)), names[3]);
    assert.equal((await pop.top(messageNumber(1), 1)).toString(), 'Subject: one\r\n\r\n.dot\r\n');
    // All are asked for at once.
    const retrievals = letters.map((number) => pop.retrieve(messageNumber(number)));
    const receipts: Receipt[] = [];
    for (const retrieval of retrievals) {
      const parts: Buffer[] = [];
      for await (const part of retrieval) parts.push(part);
      const letter = octets(retrieval.number);
      assert.ok(Buffer.concat(parts).equals(letter));
      const sha256 = createHash('sha256').update(letter).digest('hex');
      assert.deepEqual(await retrieval.done, { octets: letter.length, sha256, declaredOctets: letter.length });
      receipts.push(await retrieval.stored(() => {}));
    }
    await Promise.all(receipts.map((receipt) => pop.delete(receipt)));
    assert.equal((await pop.stat()).count, 4 - letters.length);
    await pop.reset();
    assert.equal((await pop.stat()).count, 4);
    await pop.noop();
    await Promise.all(receipts.map((receipt) => pop.delete(receipt)));
    assert.equal(await pop.commit(), 'committed');
    const { end, deleted, retrieved } = await ended();
    assert.deepEqual([end, deleted, retrieved], ['quit', letters.length, letters.length]);
    assert.equal(mailbox.open().count, 4 - letters.length);
  });
}

describe('a letter', () => {
  test('is the same by for await, as a web stream and as one of Node’s', async () => {
    await using pop = await call();
    for await (const letter of pop.letters()) {
      const expected = Buffer.from(LETTERS[letter.number - 1] ?? '', 'latin1');
      const web = letter.retrieve();
      const node = letter.retrieve();
      const parts: Uint8Array[] = [];
      for await (const part of web.body) parts.push(part);
      assert.ok(Buffer.concat(parts).equals(expected));
      const pieces: Buffer[] = [];
      for await (const piece of node.stream()) pieces.push(piece as Buffer);
      assert.ok(Buffer.concat(pieces).equals(expected));
      assert.throws(() => web.stream(), /being read already/);
    }
  });

  test('is not gathered: what nobody reads holds up the socket', async () => {
    const socket = connectTcp(port, '127.0.0.1');
    await once(socket, 'connect');
    await using pop = await call({ socket, secure: false, ignoreTLS: true, allowInsecureAuth: true });
    const retrieval = pop.retrieve(messageNumber(3));
    while (!socket.isPaused()) await setImmediate();
    for (let turn = 0; turn < 100; turn += 1) await setImmediate();
    assert.ok(socket.bytesRead < 300_000, `${socket.bytesRead} octets were read`);
    let octets = 0;
    for await (const part of retrieval) octets += part.length;
    assert.equal(octets, LETTERS[2]?.length);
  });

  test('that is left unread ends the session in time, with an error for all that waits behind it', async () => {
    await using pop = await call({ readerTimeout: 20 });
    const retrieval = pop.retrieve(messageNumber(3));
    await assert.rejects(pop.stat(), { code: 'TIMEOUT' });
    await assert.rejects(retrieval.done, { code: 'TIMEOUT' });
    assert.equal(pop.failure?.code, 'TIMEOUT');
  });

  test('left early: a small rest is thrown away and the session goes on', async () => {
    await using pop = await call();
    await pop.list();
    const retrieval = pop.retrieve(messageNumber(1));
    for await (const _ of retrieval) break;
    const unread = pop.retrieve(messageNumber(2));
    unread.leave();
    assert.equal((await pop.stat()).count, 4);
    await assert.rejects(unread.done, { code: 'ABORTED' });
    await assert.rejects(
      unread.stored(() => assert.fail('it was not read')),
      { code: 'ABORTED' },
    );
  });

  test('left by somebody else than its reader: the reader does not take what it has for all of it', async () => {
    await using pop = await call();
    const retrieval = pop.retrieve(messageNumber(1));
    const parts = retrieval[Symbol.asyncIterator]();
    assert.equal((await retrieval.done).octets, LETTERS[0]?.length);
    retrieval.leave();
    await assert.rejects(parts.next(), { code: 'ABORTED' });
    assert.equal((await pop.stat()).count, 4);
  });

  test('left early: for a large rest the connection is dropped, whether or not its size is known', async () => {
    for (const known of [true, false]) {
      const pop = await call();
      if (known) await pop.list();
      const stream = pop.retrieve(messageNumber(3)).stream();
      await once(stream, 'data');
      stream.destroy();
      // What is known to be too much is not even begun to be thrown away.
      if (known) assert.equal(pop.failure?.code, 'ABORTED');
      await assert.rejects(pop.stat(), { code: /ABORTED|CLOSED/ });
      assert.equal(pop.failure?.code, 'ABORTED');
      assert.equal(await pop.commit(), 'rolled-back');
    }
  });

  test('that there is not is refused, and the session goes on', async () => {
    await using pop = await call();
    const retrieval = pop.retrieve(messageNumber(9));
    await assert.rejects(retrieval.done, { code: 'REFUSED', command: 'RETR 9' });
    await assert.rejects(async () => {
      for await (const _ of retrieval);
    }, Pop3Error);
    await pop.noop();
  });
});

describe('deleting', () => {
  test('needs a receipt of this session, and there is none before the letter is safe (P3-65, P3-69)', async () => {
    await using first = await call();
    await using second = await connect({ host: 'localhost', port: securePort, auth, tls: { ca: cert } });
    const receipt = await stored(first, 1);
    await assert.rejects(second.delete(receipt), { code: 'ARGUMENT', message: /another session/ });
    await assert.rejects(first.delete({ ...receipt }), { code: 'ARGUMENT' });
    for await (const letter of second.letters()) {
      assert.throws(() => first.retrieve(letter), { code: 'ARGUMENT', message: /another session/ });
      assert.throws(() => first.storedBefore(letter, { uniqueId: letter.uniqueId ?? '', octets: 0, sha256: '' }));
    }
    await first.delete(receipt);
    await assert.rejects(first.delete(receipt), { code: 'ARGUMENT', message: /already/ });
    const retrieval = first.retrieve(messageNumber(2));
    await retrieval.done;
    await assert.rejects(
      retrieval.stored(() => {}),
      { code: 'ARGUMENT', message: /not read/ },
    );
    const begun = first.retrieve(messageNumber(2)).stored((it) => {
      it.stream();
      return it.done;
    });
    await assert.rejects(begun, { code: 'ARGUMENT', message: /not read/ });
    await assert.rejects(
      first.retrieve(messageNumber(3)).stored(() => {}),
      { code: 'ARGUMENT', message: /not read/ },
    );
    // So much of it is still to come that the connection is dropped.
    await assert.rejects(first.noop());
    assert.equal(first.failure?.code, 'ABORTED');
  });

  test('a letter whose storing fails has no receipt', async () => {
    await using first = await call();
    const other = first.retrieve(messageNumber(2));
    for await (const _ of other);
    const full = () => Promise.reject(new Error('the disk is full'));
    await assert.rejects(other.stored(full), /disk is full/);
  });

  test('what an earlier session stored is deleted for its record, if it is the same beyond doubt (P3-57)', async () => {
    const pop = await call();
    const letters: Letter[] = [];
    for await (const letter of pop.letters()) letters.push(letter);
    const [one, two] = letters;
    assert.ok(one?.uniqueId && two?.uniqueId);
    const record = { octets: 1, sha256: '0'.repeat(64) };
    const uniqueId = two.uniqueId;
    assert.throws(() => one.storedBefore({ ...record, uniqueId }), { code: 'ARGUMENT' });
    await pop.delete(two.storedBefore({ ...record, uniqueId }));
    assert.equal(await pop.commit(), 'committed');
    assert.equal(mailbox.open().count, 3);
  });

  test('its number will do instead, as this session has listed it with its unique-id (P3-57)', async () => {
    const pop = await call();
    const record = { octets: 1, sha256: '0'.repeat(64) };
    const unlisted = () => pop.storedBefore(messageNumber(1), { ...record, uniqueId: 'x' });
    assert.throws(unlisted, { code: 'ARGUMENT' });
    const [one, two] = await pop.uniqueIds();
    assert.ok(one?.uniqueId && two?.uniqueId);
    const { number, uniqueId } = two;
    assert.throws(() => pop.storedBefore(one.number, { ...record, uniqueId }), { code: 'ARGUMENT' });
    assert.throws(() => pop.storedBefore(messageNumber(9), { ...record, uniqueId }), { code: 'ARGUMENT' });
    await pop.delete(pop.storedBefore(number, { ...record, uniqueId }));
    assert.equal(await pop.commit(), 'committed');
  });

  test('is undone by whatever ends the session but commit: QUIT is never sent for it (P3-64)', async () => {
    const controller = new AbortController();
    const ends: ((pop: Pop3Client) => unknown)[] = [
      (pop) => pop.close(),
      (pop) => pop[Symbol.asyncDispose](),
      (pop) => pop.leave(),
      () => controller.abort(),
    ];
    for (const end of ends) {
      const pop = await call({ signal: controller.signal });
      await pop.delete(await stored(pop, 1));
      await end(pop);
      assert.equal(await pop.commit(), 'rolled-back');
      const report = await ended();
      assert.deepEqual([report.end, report.deleted], ['closed', 0]);
      assert.equal(mailbox.open().count, 4);
    }
  });
});

describe('a caller that ends it', () => {
  test('and has deleted nothing need not wait: QUIT is said all the same, behind what is under way', async () => {
    for (const begin of [() => undefined, (pop: Pop3Client) => pop.noop()]) {
      const pop = await call();
      const begun = begin(pop);
      pop.leave();
      await begun;
      assert.equal((await ended()).end, 'quit');
      await assert.rejects(pop.noop(), { code: 'CLOSED' });
    }
  });

  test('ends one call, sent or not, and the session goes on', async () => {
    await using pop = await call({ pipelining: false });
    const controller = new AbortController();
    const { signal } = controller;
    const calls = [pop.stat({ signal }), pop.noop({ signal }), pop.retrieve(messageNumber(1), { signal }).done];
    controller.abort(new Error('enough'));
    for (const each of calls) await assert.rejects(each, { code: 'ABORTED' });
    await assert.rejects(pop.noop({ signal }), { code: 'ABORTED' });
    assert.equal((await pop.stat()).count, 4);
  });

  test('ends a letter in the middle, which its reader then sees', async () => {
    await using pop = await call();
    const controller = new AbortController();
    const retrieval = pop.retrieve(messageNumber(3), { signal: controller.signal });
    await assert.rejects(
      async () => {
        for await (const _ of retrieval) controller.abort();
      },
      { code: 'ABORTED' },
    );
    await assert.rejects(retrieval.done, { code: 'ABORTED' });
  });

  test('ends a call for a connection', async () => {
    await assert.rejects(call({ signal: AbortSignal.abort() }), { code: 'ABORTED' });
    const silent = createTcpServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const place = silent.address() as { port: number };
    const controller = new AbortController();
    silent.on('connection', () => controller.abort());
    await assert.rejects(call({ port: place.port, secure: false, signal: controller.signal }), { code: 'ABORTED' });
    silent.close();
  });
});

test('a connection that is over already, or was paused, is one all the same', async () => {
  const [, over] = duplexPair();
  over.destroy();
  await assert.rejects(call({ socket: over, secure: false }), { code: 'CLOSED' });
  const socket = connectTcp(port, '127.0.0.1').pause();
  await using pop = await call({ socket, secure: false, ignoreTLS: true, allowInsecureAuth: true });
  assert.equal((await pop.stat()).count, 4);
});

test('who cannot be reached is said so, with the reason', async () => {
  const closed = createTcpServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const place = closed.address() as { port: number };
  closed.close();
  await once(closed, 'close');
  await assert.rejects(call({ port: place.port, secure: false }), {
    code: 'NETWORK',
    retryable: true,
    message: /ECONNREFUSED/,
  });
});

test('a wrong password, and what cannot be a number', async () => {
  await assert.rejects(call({ auth: { user: 'ada', pass: 'difference engine' } }), {
    code: 'AUTH_FAILED',
    retryable: false,
  });
  await using pop = await call();
  for (const number of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => messageNumber(number), { code: 'ARGUMENT' });
    assert.throws(() => pop.retrieve(number as never), { code: 'ARGUMENT' });
  }
  await assert.rejects(pop.top(messageNumber(1), -1), { code: 'ARGUMENT' });
});

test('options that cannot be are refused before anything is sent', async () => {
  for (const options of [
    { host: '' },
    { host: 'localhost\r\nDELE 1' },
    { host: 'a b' },
    { port: 0 },
    { port: 65_536 },
    { port: 1.5 },
    { domain: 'a b' },
    { language: 'de\r\nDELE 1' },
    { socketTimeout: -1 },
    { limits: { line: Number.NaN } },
    { ignoreTLS: true, requireTLS: true },
  ]) {
    await assert.rejects(call(options), { code: 'ARGUMENT' });
  }
});
