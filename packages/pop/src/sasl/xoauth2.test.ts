import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SaslStep, Verdict } from './mechanism.ts';
import type { BearerLogin } from './oauthbearer.ts';
import { xoauth2, xoauth2Client } from './xoauth2.ts';

/** Google's example. */
const TOKEN = 'ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg';
const MESSAGE = `user=someuser@example.com\x01auth=Bearer ${TOKEN}\x01\x01`;

function server(verdict: Verdict = { type: 'accepted', account: 'user' }) {
  const asked: BearerLogin[] = [];
  const exchange = xoauth2({
    verify: (login) => {
      asked.push(login);
      return verdict;
    },
    scope: 'https://mail.google.com/',
  }).serve({ hostname: 'example.com', authenticate: () => assert.fail('nobody shows a password') });
  const next = async (response: string | undefined): Promise<string> => {
    const step: SaslStep = await exchange.next(response === undefined ? undefined : Buffer.from(response, 'latin1'));
    return step.type === 'challenge' ? Buffer.from(step.data).toString() : step.type;
  };
  return { asked, next };
}

test('Google’s example, both halves (XO-01, E.5)', async () => {
  const { initial } = xoauth2Client({ user: 'someuser@example.com', token: TOKEN });
  assert.equal(
    Buffer.from(initial ?? []).toString('base64'),
    'dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==',
  );
  const { next, asked } = server();
  assert.equal(await next(undefined), '');
  assert.equal(await next(MESSAGE), 'accepted');
  assert.deepEqual([asked[0]?.mechanism, asked[0]?.authorizationIdentity], ['XOAUTH2', 'someuser@example.com']);
  assert.equal(asked[0]?.token.matches(TOKEN), true);
});

test('a refusal is explained, answered by nothing, and no success (XO-02)', async () => {
  const { next } = server({ type: 'refused' });
  assert.deepEqual(JSON.parse(await next(MESSAGE)), { status: 'invalid_token', scope: 'https://mail.google.com/' });
  assert.equal(await next(''), 'refused');
  const client = xoauth2Client({ user: 'someuser@example.com', token: TOKEN });
  client.finished();
  assert.equal((await client.next(Buffer.from('{"status":"401"}'))).length, 0);
  assert.throws(() => client.finished());
  assert.throws(() => client.next(Buffer.from('{"status":"401"}')));
});

test('what has another form is malformed; no token that could be one is refused', async () => {
  for (const message of [
    '',
    '\x01',
    MESSAGE.slice(0, -1),
    `${MESSAGE}x`,
    MESSAGE.replace('user=', 'User='),
    'user=\x01auth=Bearer a\x01\x01',
  ]) {
    const { next, asked } = server();
    assert.equal(await next(message), 'malformed', JSON.stringify(message));
    assert.deepEqual(asked, []);
  }
  for (const message of [
    MESSAGE.replace('Bearer', 'Basic'),
    MESSAGE.replace(TOKEN, 'a b'),
    MESSAGE.replace('some', 'a\x07'),
  ]) {
    const { next, asked } = server();
    assert.match(await next(message), /invalid_request/);
    assert.deepEqual(asked, []);
  }
});

test('no name or token is sent that would be something else', () => {
  for (const token of ['', 'a b', 'a\x01\x01', 'é'])
    assert.throws(() => xoauth2Client({ user: 'a', token }), TypeError);
  for (const user of ['', 'a\x01auth=x', '\u00ad']) assert.throws(() => xoauth2Client({ user, token: 'a' }), TypeError);
});
