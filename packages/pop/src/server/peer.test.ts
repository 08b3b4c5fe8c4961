import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { isLoopback, peerOf } from './peer.ts';

test('loopback is 127.0.0.0/8 and ::1, also as a dual-stack socket shows them', () => {
  for (const address of ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1', '::FFFF:127.9.9.9']) {
    assert.equal(isLoopback(address), true, address);
  }
  for (const address of ['128.0.0.1', '10.0.0.1', '::', '::2', '::ffff:10.0.0.1', '1.127.0.1', 'fe80::1', 'local']) {
    assert.equal(isLoopback(address), false, address);
  }
});

test('a socket’s two ends, and nothing of one that is closed', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = (await once(server, 'connection')) as [Socket];
  assert.deepEqual(peerOf(socket), { address: '127.0.0.1', localAddress: '127.0.0.1', loopback: true });
  socket.destroy();
  client.destroy();
  assert.equal(peerOf(socket), undefined);
  server.close();
});
