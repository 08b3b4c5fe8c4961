import assert from 'node:assert/strict';
import { test } from 'node:test';
import { peerFields } from './session-line.ts';

test('a session has its TLS version and cipher in its line (TLS-08)', () => {
  const peer = { address: '192.0.2.1', localAddress: '192.0.2.2', loopback: false };
  const tls = { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' };
  const { address } = peer;
  const cipher = 'TLS_AES_256_GCM_SHA384';
  assert.deepEqual(peerFields({ ...peer, tls }), { address, proxy: undefined, tls: 'TLSv1.3', cipher });
  assert.deepEqual(peerFields(peer), { address, proxy: undefined, tls: undefined, cipher: undefined });
  assert.equal(peerFields({ ...peer, proxy: '198.51.100.7' })['proxy'], '198.51.100.7');
});
