import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterLogin, base64, LOGIN, Rehearsal } from './rehearsal.test-support.ts';

test('CAPA tells what is accepted: where a password must not be sent, neither is it listed nor looked at (AUTH-22, TLS-09, EXT-12)', () => {
  const scene = { cleartext: false, certificate: true };
  const capabilities = new Rehearsal(scene).play('CAPA\r\n').lines;
  assert.ok(!capabilities.includes('USER'));
  assert.ok(!capabilities.some((line) => line.startsWith('SASL')));
  assert.ok(capabilities.includes('STLS'));
  const rehearsal = new Rehearsal(scene).play(LOGIN, `AUTH PLAIN ${base64('\0tim\0tanstaaf')}\r\nAUTH LOGIN\r\n`);
  assert.deepEqual(rehearsal.statuses, ['-ERR', '-ERR', '-ERR', '-ERR']);
  assert.deepEqual(rehearsal.questions, []);
  const secured = new Rehearsal(scene).play('STLS\r\n').give('CAPA\r\n', LOGIN);
  assert.ok(secured.lines.includes('USER'));
  assert.ok(secured.lines.includes('SASL PLAIN LOGIN'));
  assert.ok(!secured.lines.includes('STLS'));
  assert.equal(secured.statuses.at(-1), '+OK');
});

test('CAPA is the same before and after login but for STLS, and has no argument (EXT-01, EXT-02, STLS-02, AUTH-02)', () => {
  const scene = { certificate: true, service: { implementation: 'Restante' } };
  const before = new Rehearsal(scene).play('CAPA\r\n').lines;
  const after = afterLogin(scene, 'CAPA\r\n');
  assert.deepEqual(
    before.filter((line) => line !== 'STLS'),
    after,
  );
  for (const tag of [
    'TOP',
    'UIDL',
    'USER',
    'SASL PLAIN LOGIN',
    'RESP-CODES',
    'AUTH-RESP-CODE',
    'PIPELINING',
    'IMPLEMENTATION Restante',
  ]) {
    assert.ok(after.includes(tag), tag);
  }
  assert.deepEqual(new Rehearsal().play('CAPA x\r\n').statuses, ['-ERR']);
});
