import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { duplexPair, turns } from '../testing/index.ts';
import type { Peer } from './peer.ts';
import { Client, certificate, LOGIN, neighbour, open, stranger } from './pop3-call.test-support.ts';
import type { Pop3Options } from './pop3-options.ts';
import { announce, version2 } from './proxy-header.test-support.ts';
import { parseNetwork, TrustedProxies } from './trusted-proxies.ts';

const LINE = Buffer.from('PROXY TCP4 203.0.113.9 198.51.100.7 56324 110\r\n');
const HEADERS = [LINE, announce('203.0.113.9', '198.51.100.7', { checksum: true })];
const RELAYED: Peer = { address: '203.0.113.9', localAddress: '198.51.100.7', loopback: false, proxy: '192.0.2.1' };
const CAPA = 'CAPA\r\n';

/** A server behind a proxy at the stranger's address, and who was refused there. */
function behind(given: Partial<Pop3Options> = {}, trusted: readonly string[] = ['192.0.2.0/24']) {
  const refused: (readonly [string, string])[] = [];
  const onRefused = (proxy: Peer, reason: string) => refused.push([proxy.address, reason]);
  return { ...open({ proxy: { trusted, onRefused }, ...given }), refused };
}

async function ended(client: Client): Promise<string> {
  while (!client.ended) await turns();
  return client.output;
}

test('from a trusted address nothing is said before the header, and then it is the announced peer’s session', async () => {
  for (const header of HEADERS) {
    const { call, reports } = behind();
    const client = await call();
    assert.equal(client.output, '');
    assert.match(await client.say(header), /^\+OK /);
    assert.match(await client.say(LOGIN), /^\+OK .*\r\n\+OK .*\r\n$/);
    await client.say('QUIT\r\n');
    assert.equal(await ended(client), client.output);
    while (reports.length === 0) await turns();
    assert.deepEqual([reports[0]?.peer, reports[0]?.end], [RELAYED, 'quit']);
    assert.equal(reports[0]?.octetsIn, LOGIN.length + 6); // the header is not the session's
  }
});

test('octets behind the header go on to the session, wherever the packet is cut', async () => {
  for (const header of HEADERS) {
    const all = Buffer.concat([header, Buffer.from(`${CAPA}${LOGIN}QUIT\r\n`)]).toString('latin1');
    const uncut = behind();
    const whole = await uncut.call();
    whole.socket.write(Buffer.from(all, 'latin1'));
    const expected = await ended(whole);
    assert.equal(expected.match(/^\+OK /gm)?.length, 5);
    for (let at = 1; at < all.length; at += 1) {
      const { call, reports } = behind();
      const client = await call();
      client.socket.write(all.slice(0, at), 'latin1');
      await turns();
      client.socket.write(all.slice(at), 'latin1');
      assert.equal(await ended(client), expected, `cut at ${at}`);
      while (reports.length === 0) await turns();
      assert.deepEqual(reports[0]?.peer, RELAYED);
    }
  }
});

test('from a trusted address a connection without a header is ended, and nothing is said', async () => {
  const { call, refused, reports } = behind();
  const client = await call();
  await client.say('USER tim\r\n');
  assert.equal(await ended(client), '');
  assert.equal(refused.length, 1);
  assert.match(refused[0]?.join(' ') ?? '', /^192\.0\.2\.1 no PROXY header: it begins like neither/);
  assert.deepEqual(reports, []);
});

test('a header has its time', async () => {
  const { call, refused, clock, server } = behind();
  const slow = await call();
  await slow.say('PROXY TC');
  await clock.advance(9_999);
  assert.equal(server.sessions, 1);
  await clock.advance(1);
  assert.equal(await ended(slow), '');
  assert.deepEqual(refused, [['192.0.2.1', 'no PROXY header came within 10000 ms']]);
  assert.equal(server.sessions, 0);
});

test('who leaves within a header is told of; who only looks whether somebody is there is not', async () => {
  const { call, refused, server } = behind();
  const half = await call();
  await half.say('PROXY TC');
  half.socket.end();
  await ended(half);
  const looks = await call();
  looks.socket.end();
  await ended(looks);
  (await call()).socket.resetAndDestroy();
  await turns();
  assert.deepEqual(refused, [['192.0.2.1', 'the connection ended within the PROXY header']]);
  assert.equal(server.sessions, 0);
});

test('from anywhere else a header is not looked for: it is a command that nobody knows', async () => {
  const { call, reports } = behind();
  const elsewhere: Peer = { ...stranger, address: '198.51.100.1' };
  const client = await call(elsewhere);
  assert.match(client.output, /^\+OK /);
  assert.match(await client.say(LINE.toString()), /^-ERR .*\r\n$/);
  client.socket.end();
  while (reports.length === 0) await turns();
  assert.deepEqual(reports[0]?.peer, elsewhere);
});

test('a second header is a command that nobody knows', async () => {
  const { call } = behind();
  const client = await call();
  const said = await client.say(LINE.toString() + LINE.toString());
  assert.match(said, /^\+OK .*\r\n-ERR .*\r\n$/);
});

test('nobody who comes by a proxy is on this machine: not by its word, and not because the proxy is', async () => {
  const announced = [
    Buffer.from('PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n'),
    Buffer.from('PROXY TCP6 ::1 ::1 1 2\r\n'),
    Buffer.from('PROXY UNKNOWN\r\n'),
    version2(0x20, 0, []),
    version2(0x21, 0, []),
    version2(0x21, 0x31, new Array<number>(216).fill(0)),
    announce('127.0.0.1', '127.0.0.1'),
  ];
  for (const header of announced) {
    const { server, reports } = behind({ cleartext: (peer) => peer.loopback }, ['127.0.0.0/8']);
    const [ours, theirs] = duplexPair();
    server.accept(ours, neighbour);
    const client = new Client(theirs);
    assert.match(await client.say(header), /^\+OK /);
    assert.match(await client.say('USER tim\r\n'), /^-ERR /);
    client.socket.end();
    while (reports.length === 0) await turns();
    assert.deepEqual(
      [reports[0]?.peer.loopback, reports[0]?.peer.proxy],
      [false, '127.0.0.1'],
      header.toString('latin1'),
    );
  }
});

test('who comes by no name is the proxy: a look whether we are well, or a family that has none', async () => {
  for (const header of [Buffer.from('PROXY UNKNOWN\r\n'), version2(0x20, 0, [])]) {
    const { call, reports } = behind();
    const client = await call();
    await client.say(Buffer.concat([header, Buffer.from('QUIT\r\n')]));
    while (reports.length === 0) await turns();
    assert.deepEqual(reports[0]?.peer, { ...stranger, proxy: '192.0.2.1' });
  }
});

test('the limit of an address is that of the announced one; the proxy has none', async () => {
  const { call, server } = behind({ limits: { connectionsPerAddress: 2 } });
  const from = async (address: string) => {
    const client = await call();
    return await client.say(`PROXY TCP4 ${address} 198.51.100.7 1 2\r\n`);
  };
  for (let calls = 0; calls < 5; calls += 1) await call();
  assert.equal(server.sessions, 5);
  assert.match(await from('203.0.113.1'), /^\+OK /);
  assert.match(await from('203.0.113.1'), /^\+OK /);
  assert.match(await from('203.0.113.1'), /^-ERR \[SYS\/TEMP\]/);
  assert.match(await from('203.0.113.2'), /^\+OK /);
});

test('connections without a header yet count among all and among those that have not logged in', async () => {
  const all = behind({ limits: { connections: 2 } });
  const first = await all.call();
  await all.call();
  const third = await all.call();
  assert.match(await ended(third), /^-ERR \[SYS\/TEMP\]/);
  assert.match(await first.say(LINE.toString()), /^\+OK /);

  const { call, server, refused } = behind({ limits: { unauthenticated: 2 } });
  const oldest = await call();
  await call();
  const last = await call();
  assert.equal(await ended(oldest), '');
  assert.match(await last.say(LINE.toString()), /^\+OK /);
  assert.equal(server.sessions, 2);
  assert.deepEqual(refused, []);
});

test('a server that closes waits for no header', async () => {
  const { call, server } = behind();
  const client = await call();
  await server.close();
  assert.equal(await ended(client), '');
});

test('a proxy without room is told in the clear, and not where TLS comes first', async () => {
  const { server } = behind({ limits: { connections: 0 }, tls: certificate });
  const told: string[] = [];
  for (const secure of [false, true]) {
    const [ours, theirs] = duplexPair();
    server.accept(ours, stranger, { secure });
    told.push(await text(theirs));
  }
  assert.match(told[0] ?? '', /^-ERR \[SYS\/TEMP\]/);
  assert.equal(told[1], '');
});

test('where no proxy is expected its header is none, though its address is trusted', async () => {
  const { server } = behind();
  const [ours, theirs] = duplexPair();
  server.accept(ours, stranger, { proxied: false });
  const client = new Client(theirs);
  assert.match(await client.say(LINE.toString()), /^\+OK .*\r\n-ERR /);
});

/** A client's socket whose first write goes out in one packet with a header before it. */
function prefixed(socket: Duplex, header: Buffer): Duplex {
  let before: Buffer | undefined = header;
  const duplex = new Duplex({
    read: () => socket.resume(),
    write(chunk: Buffer, _encoding, done) {
      socket.write(before === undefined ? chunk : Buffer.concat([before, chunk]), () => done());
      before = undefined;
    },
    final(done) {
      socket.end(() => done());
    },
  });
  socket.on('data', (chunk) => duplex.push(chunk));
  socket.on('end', () => duplex.push(null));
  return duplex;
}

test('the header comes before TLS, alone or in one packet with the handshake (TLS-01)', async () => {
  for (const header of HEADERS) {
    for (const together of [false, true]) {
      for (const memory of [false, true]) {
        const { server, reports } = behind({ tls: certificate }, ['192.0.2.1', '127.0.0.1']);
        let socket: Duplex;
        if (memory) {
          const [ours, theirs] = duplexPair();
          server.accept(ours, stranger, { secure: true });
          socket = theirs;
        } else {
          const at = await server.listen({ host: '127.0.0.1', port: 0 }, { secure: true });
          assert.ok('port' in at);
          socket = connect(at.port, '127.0.0.1');
          await once(socket, 'connect');
        }
        if (!together) socket.write(header);
        const client = connectTls({
          socket: together ? prefixed(socket, header) : socket,
          ca: certificate.cert,
          servername: 'localhost',
        });
        client.write(`${LOGIN}QUIT\r\n`);
        assert.match(await text(client), /^\+OK .*\r\n\+OK .*\r\n\+OK .*\r\n\+OK .*\r\n$/);
        client.end();
        while (reports.length === 0) await turns();
        const peer = reports[0]?.peer;
        assert.deepEqual([peer?.address, peer?.proxy], ['203.0.113.9', memory ? '192.0.2.1' : '127.0.0.1']);
        assert.match(peer?.tls?.version ?? '', /^TLSv1/);
        await server.close();
      }
    }
  }
});

test('STLS behind a proxy: what is sent in the clear behind it ends the connection all the same (STLS-06)', async () => {
  const { call, reports } = behind({ tls: certificate });
  const client = await call();
  await client.say(`${LINE}STLS\r\nUSER tim\r\n`);
  await ended(client);
  while (reports.length === 0) await turns();
  assert.equal(reports[0]?.end, 'error');
});

test('a header is read from a real socket in pieces', async () => {
  const { server, reports } = behind({}, ['127.0.0.1']);
  const at = await server.listen({ host: '127.0.0.1', port: 0 });
  assert.ok('port' in at);
  const socket = connect(at.port, '127.0.0.1');
  socket.setNoDelay(true);
  await once(socket, 'connect');
  for (const octet of HEADERS[1] ?? []) {
    socket.write(Buffer.from([octet]));
    await turns(1);
  }
  socket.write('QUIT\r\n');
  assert.match(await text(socket), /^\+OK .*\r\n\+OK .*\r\n$/);
  while (reports.length === 0) await turns();
  assert.deepEqual(reports[0]?.peer, { ...RELAYED, proxy: '127.0.0.1' });
  await server.close();
});

test('who is a proxy', () => {
  const has = (trusted: readonly string[], address: string): boolean =>
    new TrustedProxies(trusted).has({ ...stranger, address });
  assert.equal(has([], '192.0.2.1'), false);
  assert.equal(has(['192.0.2.1'], '192.0.2.1'), true);
  assert.equal(has(['192.0.2.1'], '192.0.2.2'), false);
  assert.equal(has(['192.0.2.128/25'], '192.0.2.200'), true);
  assert.equal(has(['192.0.2.128/25'], '192.0.2.100'), false);
  assert.equal(has(['0.0.0.0/0'], '198.51.100.1'), true);
  assert.equal(has(['0.0.0.0/0'], '2001:db8::1'), false);
  assert.equal(has(['2001:db8::/32'], '2001:db8:ffff::1'), true);
  assert.equal(has(['2001:db8::/32'], '2001:db9::1'), false);
  assert.equal(has(['fe80::/10'], 'fe80::1%eth0'), true);
  assert.equal(has(['unix'], 'local'), true);
  assert.equal(has(['0.0.0.0/0', '::/0'], 'local'), false);
  assert.equal(has(['unix'], '127.0.0.1'), false);
});

test('what is no network is said by its name', () => {
  for (const wrong of [
    '',
    'localhost',
    '192.0.2',
    '192.0.2.1/33',
    '192.0.2.1/',
    '192.0.2.1/01',
    '::1/129',
    'fe80::1%eth0',
    '1.2.3.4/8/8',
    ' 192.0.2.1',
  ]) {
    assert.equal(parseNetwork(wrong), undefined, wrong);
    const options = { trusted: [wrong] };
    assert.throws(
      () => open({ proxy: options }),
      (error) => error instanceof TypeError && error.message.includes(JSON.stringify(wrong)),
    );
  }
  assert.deepEqual(parseNetwork('192.0.2.1'), { address: '192.0.2.1', bits: 32, family: 'ipv4' });
  assert.deepEqual(parseNetwork('2001:db8::/32'), { address: '2001:db8::', bits: 32, family: 'ipv6' });
});
