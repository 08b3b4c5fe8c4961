import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { duplexPair, ManualClock, type MemorySocket, selfSignedCertificate, turns } from '../testing/index.ts';
import { Connection, type ConnectionError } from './connection.ts';
import type { Peer } from './peer.ts';
import { ServerTls } from './tls.ts';

const peer: Peer = { address: '192.0.2.1', localAddress: '192.0.2.2', loopback: false };
const certificate = selfSignedCertificate();
const tls = new ServerTls(certificate, 'pop3');

/** A connection whose handler writes down what it is told. */
function serve(stream: Duplex) {
  const clock = new ManualClock();
  const told: string[] = [];
  let received = '';
  let error: ConnectionError | undefined;
  const connection = new Connection(stream, peer, { clock, tls, handshake: 30_000, stalledReply: 60_000 });
  connection.start({
    octets(chunk) {
      received += chunk.toString('latin1');
    },
    ended: () => told.push('ended'),
    written() {},
    secured: () => told.push('secured'),
    stop: (why) => told.push(why),
    closed(why) {
      error = why;
      told.push('closed');
    },
  });
  return { connection, clock, told, received: () => received, error: () => error };
}

/** Each write as it arrives at the other side. */
function writes(socket: MemorySocket): string[] {
  const seen: string[] = [];
  socket.on('data', (chunk: Buffer) => seen.push(chunk.toString('latin1')));
  return seen;
}

test('what was gathered goes out as one write, texts and octets alike', async () => {
  const [server, client] = duplexPair();
  const { connection } = serve(server);
  const seen = writes(client);
  connection.write('+OK 5 octets\r\n');
  connection.write(Buffer.from('a\xff\r\n', 'latin1'));
  connection.write('.\r\n');
  assert.equal(connection.backlog, 21);
  connection.flush();
  await turns();
  assert.deepEqual(seen, ['+OK 5 octets\r\na\xff\r\n.\r\n']);
  assert.equal(connection.octetsOut, 21);
  assert.equal(connection.backlog, 0);
});

test('end sends what was gathered, then ends; the peer’s end closes it', async () => {
  const [server, client] = duplexPair();
  const { connection, told, error } = serve(server);
  connection.write('+OK\r\n');
  connection.end();
  connection.write('never');
  assert.equal(await text(client), '+OK\r\n');
  client.end('more, unread');
  await turns();
  assert.deepEqual([told, error()], [['closed'], undefined]);
});

test('a peer that does not end its side is cut off after a while', async () => {
  const [server, client] = duplexPair();
  const { connection, clock, told } = serve(server);
  connection.end();
  client.resume();
  await clock.advance(1_999);
  assert.deepEqual(told, []);
  await clock.advance(1);
  assert.deepEqual(told, ['closed']);
});

test('the peer’s end of input is told, and it may still be answered', async () => {
  const [server, client] = duplexPair();
  const { connection, told, received } = serve(server);
  client.end('QUIT\r\n');
  await turns();
  assert.deepEqual([told, received()], [['ended'], 'QUIT\r\n']);
  connection.write('+OK\r\n');
  connection.end();
  assert.equal(await text(client), '+OK\r\n');
});

test('a paused connection takes nothing, a resumed one all of it', async () => {
  const [server, client] = duplexPair();
  const { connection, received } = serve(server);
  client.write('one');
  await turns();
  connection.pause();
  client.write('two');
  await turns();
  assert.equal(received(), 'one');
  connection.resume();
  await turns();
  assert.equal(received(), 'onetwo');
  assert.equal(connection.octetsIn, 6);
});

test('a peer that takes nothing is given up; one that takes a little is not (P3-19)', async () => {
  const [server, client] = duplexPair({}, { highWaterMark: 1 });
  const { connection, clock, error } = serve(server);
  for (let write = 0; write < 3; write += 1) {
    connection.write('x'.repeat(1_000));
    connection.flush();
  }
  await turns();
  assert.ok(connection.backlog > 0);
  await clock.advance(59_999);
  client.read();
  await turns();
  await clock.advance(59_999);
  assert.equal(error(), undefined);
  await clock.advance(60_000);
  assert.equal(error()?.kind, 'stalled');
});

test('a write that goes out bit by bit over a slow line is not given up, one that stops is (P3-19)', async () => {
  const handle = { writeQueueSize: 0 };
  const stream = Object.assign(
    new Duplex({
      read() {},
      write(chunk: Buffer) {
        handle.writeQueueSize += chunk.length;
      },
    }),
    { _handle: handle },
  );
  const { connection, clock, error } = serve(stream);
  connection.write(Buffer.alloc(400_000));
  connection.flush();
  for (let minute = 0; minute < 30; minute += 1) {
    handle.writeQueueSize -= 10_000;
    await clock.advance(60_000);
  }
  assert.equal(error(), undefined);
  await clock.advance(60_000);
  await turns();
  assert.equal(error()?.kind, 'stalled');
});

test('others have their turn while a peer sends without a break', async () => {
  const listening = createServer({ pauseOnConnect: true });
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const { port } = listening.address() as AddressInfo;
  const call = async (octets: Buffer) => {
    const client = connect(port, '127.0.0.1');
    const [server] = (await once(listening, 'connection')) as [Socket];
    client.write(octets);
    return { client, server };
  };
  const flood = await call(Buffer.alloc(1_000_000, 'NOOP\r\n'));
  const other = await call(Buffer.from('QUIT\r\n'));
  await turns();
  const flooded = serve(flood.server);
  const { received } = serve(other.server);
  flood.server.resume();
  other.server.resume();
  while (received() === '') await once(other.server, 'data');
  const before = flooded.received().length;
  while (flooded.received().length < 1_000_000) await once(flood.server, 'data');
  for (const { client, server } of [flood, other]) for (const end of [client, server]) end.destroy();
  listening.close();
  assert.ok(before <= 2 * 65_536, `${before} octets were read from one peer before the other's turn`);
});

test('a reset is told as lost', async () => {
  const [server, client] = duplexPair();
  const { told, error } = serve(server);
  client.resetAndDestroy();
  await turns();
  assert.deepEqual(told, ['closed']);
  assert.equal(error()?.kind, 'lost');
});

test('TLS begins on the same connection, and its peer then tells the layer (STLS-03, TLS-08, TLS-20)', async () => {
  const [server, client] = duplexPair();
  const { connection, told, received } = serve(server);
  connection.write('+OK begin TLS\r\n');
  connection.secure();
  const [line] = (await once(client, 'data')) as [Buffer];
  assert.equal(line.toString(), '+OK begin TLS\r\n');
  client.removeAllListeners('data');
  const secured = connectTls({
    socket: client,
    ca: certificate.cert,
    servername: 'localhost',
    ALPNProtocols: ['pop3'],
  });
  await once(secured, 'secureConnect');
  assert.equal(secured.alpnProtocol, 'pop3');
  secured.write('CAPA\r\n');
  while (received() === '') await turns();
  assert.deepEqual([told, received()], [['secured'], 'CAPA\r\n']);
  assert.match(connection.peer.tls?.version ?? '', /^TLSv1\.[23]$/);
  assert.equal(connection.peer.tls?.servername, 'localhost');
  assert.equal(connection.peer.address, peer.address);
  connection.end();
  secured.resume();
  await once(secured, 'end');
  secured.destroy();
});

test('octets received and not handed out yet end the connection when TLS is to begin (STLS-06)', async () => {
  const [server, client] = duplexPair();
  const { connection, error } = serve(server);
  connection.pause();
  client.write('USER tim\r\n');
  await turns();
  connection.secure();
  await turns();
  assert.equal(error()?.kind, 'injected');
});

test('a handshake has its time, and what is no handshake fails (P3-17)', async () => {
  const slow = duplexPair();
  const waiting = serve(slow[0]);
  waiting.connection.secure();
  await waiting.clock.advance(29_999);
  assert.equal(waiting.error(), undefined);
  await waiting.clock.advance(1);
  assert.equal(waiting.error()?.kind, 'handshake');

  const plain = duplexPair();
  const given = serve(plain[0]);
  given.connection.secure();
  plain[1].on('error', () => {});
  plain[1].write('USER tim\r\nPASS tanstaaf\r\n');
  while (given.error() === undefined) await turns();
  assert.equal(given.error()?.kind, 'handshake');
  assert.equal(given.received(), '');
});

test('without a handler there is nothing to finish', async () => {
  const [server] = duplexPair();
  const connection = new Connection(server, peer, { clock: new ManualClock(), handshake: 1, stalledReply: 1 });
  connection.stop('shutdown');
  assert.equal(connection.over, true);
  assert.equal(server.destroyed, true);
});

test('a long batch is one write of a socket too, in order and uncopied', async () => {
  const written: Uint8Array[][] = [];
  const stream = new Duplex({
    read() {},
    writev(chunks, done) {
      written.push(chunks.map(({ chunk }) => chunk as Uint8Array));
      done();
    },
  });
  const connection = new Connection(stream, peer, { clock: new ManualClock(), handshake: 1, stalledReply: 1 });
  const letter = Buffer.alloc(60_000, 'x');
  connection.write('+OK 60000 octets\r\n');
  connection.write(letter);
  connection.write('.\r\n');
  connection.flush();
  await turns();
  assert.equal(written.length, 1);
  assert.equal(written[0]?.[1], letter);
  assert.equal(Buffer.concat(written[0] ?? []).length, 60_021);
  connection.destroy();
});
