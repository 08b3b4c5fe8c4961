import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock, ScriptedPeer } from '../testing/index.ts';
import { inTheClear, loggedIn, PASSWORD } from './scene.test-support.ts';
import { verify } from './verify.ts';

function options(peer: ScriptedPeer) {
  return { host: 'localhost', socket: peer.socket, clock: new ManualClock(), ...inTheClear };
}

test('says what was found, and leaves without QUIT', async () => {
  const peer = new ScriptedPeer(`${loggedIn('UIDL', 'EXPIRE 0')}\nC: STAT\nS: +OK 2 320\nEOF`);
  const found = await verify({ ...options(peer), auth: { user: 'ada', pass: PASSWORD } });
  assert.deepEqual(found.maildrop, { count: 2, octets: 320 });
  assert.equal(found.method, 'USER');
  assert.equal(found.greeting, 'ready');
  assert.equal(found.capabilities.expire, 0);
  assert.deepEqual(found.security, { tls: false });
  await peer.finished;
  assert.deepEqual(peer.heard, ['CAPA', 'USER ada', `PASS ${PASSWORD}`, 'CAPA', 'STAT']);
});

test('without a login nothing is said of the maildrop', async () => {
  const peer = new ScriptedPeer('S: +OK ready\nC: CAPA\nS> +OK\nS> UTF8 USER\nS: .\nEOF');
  const found = await verify(options(peer));
  assert.deepEqual([found.method, found.maildrop, found.capabilities.utf8], [undefined, undefined, { user: true }]);
  await peer.finished;
});

test('rejects as connect does', async () => {
  const peer = new ScriptedPeer(
    'S: +OK\nC: CAPA\nS: -ERR\nC: USER ada\nS: +OK\nC: PASS nonsense\nS: -ERR [AUTH] no\nEOF',
  );
  const verifying = verify({ ...options(peer), auth: { user: 'ada', pass: 'nonsense' } });
  await assert.rejects(verifying, { code: 'AUTH_FAILED' });
  await peer.finished;
});
