import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PasswordLogin, SaslStep, Verdict } from './mechanism.ts';
import { plain, plainClient } from './plain.ts';

/** What PLAIN makes of a message, and whom it asked about. */
function serve(message: Uint8Array | string | undefined) {
  const asked: PasswordLogin[] = [];
  const authenticate = (login: PasswordLogin): Verdict => {
    asked.push(login);
    return { type: 'accepted', account: 'it' };
  };
  const exchange = plain.serve({ hostname: 'example.net', authenticate });
  const step = exchange.next(typeof message === 'string' ? Buffer.from(message) : message) as SaslStep;
  const [login] = asked;
  const password = login === undefined ? undefined : Buffer.from(login.password.reveal()).toString();
  return { type: step.type, step, login, password };
}

test('the examples of RFC 4616 §4', () => {
  const first = serve('\0tim\0tanstaaftanstaaf');
  assert.equal(first.type, 'accepted');
  assert.deepEqual([first.login?.authenticationIdentity, first.password], ['tim', 'tanstaaftanstaaf']);
  assert.equal(first.login?.authorizationIdentity, undefined);
  const second = serve('Ursel\0Kurt\0xipj3plmq');
  assert.deepEqual([second.login?.authorizationIdentity, second.login?.authenticationIdentity], ['Ursel', 'Kurt']);
});

test('without initial response the challenge is empty (AUTH-07)', () => {
  const { step } = serve(undefined);
  assert.ok(step.type === 'challenge');
  assert.equal(step.data.length, 0);
});

test('exactly two NULs, a name and a password (PLAIN-01)', () => {
  for (const message of ['', 'a', 'a\0b', '\0a\0b\0', '\0a\0b\0c', '\0\0', '\0\0b', '\0a\0', 'z\0\0b', '\0']) {
    assert.equal(serve(message).type, 'malformed', JSON.stringify(message));
    assert.equal(serve(message).login, undefined);
  }
});

test('each part may have 255 octets (PLAIN-02)', () => {
  const long = 'x'.repeat(255);
  const { login, password } = serve(`${'z'.repeat(255)}\0${long}\0${long}`);
  assert.deepEqual([login?.authenticationIdentity, password], [long, long]);
});

test('octets that are not UTF-8 fail, and nobody is asked (PLAIN-03)', () => {
  for (const octets of [[0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xff], [0xf5, 0x80, 0x80, 0x80], [0xc3]]) {
    for (const message of [
      Buffer.concat([Buffer.from('\0'), Buffer.from(octets), Buffer.from('\0pw')]),
      Buffer.concat([Buffer.from('\0tim\0'), Buffer.from(octets)]),
      Buffer.concat([Buffer.from(octets), Buffer.from('\0tim\0pw')]),
    ]) {
      assert.equal(serve(message).type, 'malformed');
      assert.equal(serve(message).login, undefined);
    }
  }
});

test('names and password are prepared; what cannot be is refused unasked (PLAIN-04, AUTH-18)', () => {
  const prepared = serve('\0t\u00adim\0\u00aa\u00a0b');
  assert.deepEqual([prepared.login?.authenticationIdentity, prepared.password], ['tim', 'a b']);
  for (const message of [
    '\u00ad\0tim\0pw',
    '\0\u00ad\0pw',
    '\0tim\0\u00ad',
    '\0ti\u0007m\0pw',
    '\0tim\0\u0627\u0031',
  ]) {
    assert.equal(serve(message).type, 'refused');
    assert.equal(serve(message).login, undefined);
  }
});

test('acting as oneself is the same as saying nothing (PLAIN-05, SASL-03)', () => {
  assert.equal(serve('tim\0tim\0pw').login?.authorizationIdentity, undefined);
  assert.equal(serve('t\u00adim\0tim\0pw').login?.authorizationIdentity, undefined);
});

test('what the client’s half says, the server’s half understands', () => {
  const word = fc.string({ minLength: 1, unit: fc.constantFrom('a', 'Z', '9', ' ', '=', 'é', '字', '\u{1f4ee}') });
  fc.assert(
    fc.property(word, word, fc.option(word, { nil: undefined }), (name, password, as) => {
      const client = plainClient({
        authenticationIdentity: name,
        password,
        ...(as !== undefined && { authorizationIdentity: as }),
      });
      const { login, password: got } = serve(client.initial);
      assert.deepEqual([login?.authenticationIdentity, got], [name, password]);
      assert.equal(login?.authorizationIdentity ?? name, as ?? name);
    }),
  );
});

test('the client refuses what would not arrive', () => {
  for (const password of ['', 'a\0b', '\u00ad']) {
    assert.throws(() => plainClient({ authenticationIdentity: 'tim', password }), TypeError);
  }
  const client = plainClient({ authenticationIdentity: 'tim', password: 'pw' });
  assert.throws(() => client.next(Buffer.from('more?')));
});

test('a login prints without its password', () => {
  const { login } = serve('\0tim\0tanstaaf');
  assert.ok(!JSON.stringify(login).includes('tanstaaf'));
  assert.ok(!`${login?.password}`.includes('tanstaaf'));
});
