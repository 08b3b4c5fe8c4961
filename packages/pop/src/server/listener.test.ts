import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { duplexPair, ManualClock, selfSignedCertificate, turns } from '../testing/index.ts';
import type { Connection } from './connection.ts';
import { Listener, type ListenerLimits } from './listener.ts';
import type { Peer } from './peer.ts';
import { ServerTls } from './tls.ts';

const limits: ListenerLimits = {
  connections: 100,
  connectionsPerAddress: 100,
  unauthenticated: 100,
  handshake: 30_000,
  stalledReply: 60_000,
};
const stranger: Peer = { address: '192.0.2.1', localAddress: '192.0.2.2', loopback: false };

/** A listener whose connections say hello, end when asked to unless `stubborn`, and are written down. */
function open(given: Partial<ListenerLimits> = {}, stubborn = false) {
  const clock = new ManualClock();
  const connections: Connection[] = [];
  const stopped: string[] = [];
  const listener = new Listener({
    clock,
    limits: { ...limits, ...given },
    refusal: 'no room\r\n',
    tls: new ServerTls(selfSignedCertificate()),
    serve(connection, { secure }) {
      connections.push(connection);
      connection.start({
        octets() {},
        ended: () => connection.end(),
        written() {},
        secured() {},
        stop(why) {
          stopped.push(why);
          if (!stubborn) connection.end();
        },
        closed() {},
      });
      if (secure) connection.secure();
      else connection.write('hello\r\n');
      connection.flush();
    },
  });
  const accept = (peer: Peer = stranger) => {
    const [server, client] = duplexPair();
    listener.accept(server, peer);
    return client;
  };
  return { listener, clock, connections, stopped, accept };
}

test('it listens on IP and unix sockets, and tells the port it was given', async () => {
  const { listener, connections } = open();
  const at = await listener.listen({ host: '127.0.0.1', port: 0 });
  assert.ok('port' in at && at.port > 0);
  const client = connect(at.port, '127.0.0.1');
  const [greeting] = (await once(client, 'data')) as [Buffer];
  assert.equal(greeting.toString(), 'hello\r\n');
  assert.deepEqual(connections[0]?.peer, { address: '127.0.0.1', localAddress: '127.0.0.1', loopback: true });
  client.end();
  await once(client, 'close');

  const path = join(tmpdir(), `${randomUUID()}.sock`);
  assert.deepEqual(await listener.listen({ path }), { path });
  const local = connect(path);
  await once(local, 'data');
  assert.deepEqual(connections[1]?.peer, { address: 'local', localAddress: 'local', loopback: true });
  local.end();
  await once(local, 'close');
  await listener.close();
  await assert.rejects(async () => await listener.listen({ port: 0 }), /closed/);
});

test('what begins to listen while it closes does not', async () => {
  const { listener } = open();
  const listening = listener.listen({ host: '127.0.0.1', port: 0 });
  const closing = listener.close();
  await assert.rejects(listening, /closed/);
  await closing;
});

test('a taken port is Node’s own error', async () => {
  const { listener } = open();
  const at = await listener.listen({ host: '127.0.0.1', port: 0 });
  assert.ok('port' in at);
  await assert.rejects(listener.listen({ host: '127.0.0.1', port: at.port }), { code: 'EADDRINUSE' });
  await listener.close();
});

test('no TLS listener without a certificate', () => {
  const listener = new Listener({ clock: new ManualClock(), limits, refusal: '', serve() {} });
  assert.throws(() => listener.listen({ port: 0 }, { secure: true }), TypeError);
});

test('one connection too many is told so and closed', async () => {
  const { listener, accept } = open({ connections: 2 });
  accept();
  const second = accept();
  assert.equal(await text(accept()), 'no room\r\n');
  assert.equal(listener.connections, 2);
  second.resume();
  second.end();
  await turns();
  assert.equal(listener.connections, 1);
  const [greeting] = (await once(accept(), 'data')) as [Buffer];
  assert.equal(greeting.toString(), 'hello\r\n');
});

test('one address has its share; loopback is exempt', async () => {
  const { listener, accept } = open({ connectionsPerAddress: 1 });
  accept();
  assert.equal(await text(accept()), 'no room\r\n');
  accept({ ...stranger, address: '192.0.2.9' });
  const local = { address: '127.0.0.1', localAddress: '127.0.0.1', loopback: true };
  accept(local);
  accept(local);
  assert.equal(listener.connections, 4);
});

test('an IPv6 /64 is one address: whoever has it has all of its addresses', async () => {
  const { accept } = open({ connectionsPerAddress: 1 });
  accept({ ...stranger, address: '2001:db8::1' });
  assert.equal(await text(accept({ ...stranger, address: '2001:db8::ffff:1' })), 'no room\r\n');
  const [greeting] = (await once(accept({ ...stranger, address: '2001:db8:0:1::1' }), 'data')) as [Buffer];
  assert.equal(greeting.toString(), 'hello\r\n');
});

test('at the cap the oldest that has not logged in is shed (P3-17)', async () => {
  const { connections, stopped, accept } = open({ unauthenticated: 2 });
  const clients = [accept(), accept()];
  connections[0]?.admit();
  clients.push(accept());
  assert.deepEqual(stopped, []);
  accept();
  assert.deepEqual(stopped, ['limit']);
  for (const client of clients) client.resume();
  const [, shed] = clients;
  if (shed !== undefined && !shed.readableEnded) await once(shed, 'end');
  assert.equal(connections[0]?.over, false);
  assert.equal(connections[1]?.over, true);
});

test('close asks everyone to finish and waits; the same promise for all', async () => {
  const { listener, stopped, accept } = open();
  const clients = [accept(), accept()];
  const closing = listener.close();
  assert.equal(listener.close(), closing);
  assert.deepEqual(stopped, ['shutdown', 'shutdown']);
  for (const client of clients) {
    assert.equal(await text(client), 'hello\r\n');
    client.end();
  }
  await closing;
  assert.equal(listener.connections, 0);
});

test('what is not finished at the deadline is cut off', async () => {
  const { listener, clock, accept } = open({}, true);
  const client = accept();
  client.on('error', () => {});
  let closed = false;
  const closing = listener.close({ deadline: 5_000 }).then(() => {
    closed = true;
  });
  await clock.advance(4_999);
  assert.equal(closed, false);
  await clock.advance(1);
  await closing;
  assert.equal(listener.connections, 0);
});

test('nobody is taken in while it closes', async () => {
  const { listener, accept } = open({}, true);
  accept().on('error', () => {});
  void listener.close();
  assert.equal(await text(accept()), 'no room\r\n');
});
