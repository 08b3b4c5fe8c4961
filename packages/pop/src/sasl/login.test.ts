import assert from 'node:assert/strict';
import { test } from 'node:test';
import { login, loginClient } from './login.ts';
import type { PasswordLogin, SaslStep, Verdict } from './mechanism.ts';

function exchange() {
  const asked: PasswordLogin[] = [];
  const authenticate = (given: PasswordLogin): Verdict => {
    asked.push(given);
    return { type: 'accepted', account: 'tim' };
  };
  const server = login.serve({ hostname: 'example.net', authenticate });
  const next = (response: Uint8Array | string | undefined) =>
    server.next(typeof response === 'string' ? Buffer.from(response, 'latin1') : response) as SaslStep;
  return { asked, next };
}

const challenge = (step: SaslStep) =>
  step.type === 'challenge' ? Buffer.from(step.data).toString('base64') : step.type;

test('the prompts are Username: and Password: (LOGIN-01, E.8)', () => {
  const { asked, next } = exchange();
  assert.equal(challenge(next(undefined)), 'VXNlcm5hbWU6');
  assert.equal(challenge(next('tim')), 'UGFzc3dvcmQ6');
  assert.equal(next('tan staaf ').type, 'accepted');
  assert.equal(asked[0]?.authenticationIdentity, 'tim');
  assert.equal(Buffer.from(asked[0]?.password.reveal() ?? []).toString(), 'tan staaf ');
});

test('a name as initial response answers the first challenge (LOGIN-04)', () => {
  const { asked, next } = exchange();
  assert.equal(challenge(next('tim')), 'UGFzc3dvcmQ6');
  assert.equal(next('pw').type, 'accepted');
  assert.equal(asked[0]?.authenticationIdentity, 'tim');
});

test('an empty name is malformed; one that nobody can have is refused where a wrong password is', () => {
  assert.equal(exchange().next('').type, 'malformed');
  const { asked, next } = exchange();
  assert.equal(challenge(next('a\x07')), 'UGFzc3dvcmQ6');
  assert.equal(next('pw').type, 'refused');
  assert.deepEqual(asked, []);
});

test('a password of any octets is taken as it is', () => {
  const { asked, next } = exchange();
  next('tim');
  next('p\xe9\x07');
  assert.deepEqual(Buffer.from(asked[0]?.password.reveal() ?? []), Buffer.from('p\xe9\x07', 'latin1'));
});

test('the client answers two challenges, whatever they say, and no third (LOGIN-02)', () => {
  const client = loginClient('tim', 'tanstaaf');
  assert.equal(client.initial, undefined);
  assert.equal(Buffer.from(client.next(Buffer.from('User Name\0')) as Uint8Array).toString(), 'tim');
  assert.equal(Buffer.from(client.next(Buffer.from('')) as Uint8Array).toString(), 'tanstaaf');
  assert.throws(() => client.next(Buffer.from('Again:')));
});
