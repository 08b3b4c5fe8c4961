import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SaslStep, Verdict } from './mechanism.ts';
import { type BearerLogin, type BearerRefusal, oauthbearer, oauthbearerClient } from './oauthbearer.ts';

/** E.5 of RFC 7628 §4, with a token in place of TOKEN. */
const TOKEN = 'vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==';
const MESSAGE = `n,a=user@example.com,\x01host=server.example.com\x01port=995\x01auth=Bearer ${TOKEN}\x01\x01`;
const EXPLAINED = /^\{"status":"[a-z_]+","scope":"mail","openid-configuration":"https:\/\/id\.example\.com\/"\}$/;

function server(verdict: Verdict | BearerRefusal = { type: 'accepted', account: 'user' }) {
  const asked: BearerLogin[] = [];
  const exchange = oauthbearer({
    verify: (login) => {
      asked.push(login);
      return verdict;
    },
    hosts: ['server.example.com'],
    ports: [995, 110],
    scope: 'mail',
    openidConfiguration: 'https://id.example.com/',
  }).serve({ hostname: 'server.example.com', authenticate: () => assert.fail('nobody shows a password') });
  const next = async (response: string | undefined): Promise<string> => {
    const step: SaslStep = await exchange.next(response === undefined ? undefined : Buffer.from(response, 'latin1'));
    return step.type === 'challenge' ? Buffer.from(step.data).toString() : step.type;
  };
  return { asked, next };
}

const client = (given: Partial<Parameters<typeof oauthbearerClient>[0]> = {}) =>
  oauthbearerClient({ user: 'user@example.com', token: TOKEN, host: 'server.example.com', port: 995, ...given });

test('the example of RFC 7628 §4.1, both halves (OA-02, E.5)', async () => {
  assert.equal(Buffer.from(client().initial ?? []).toString(), MESSAGE);
  const { next, asked } = server();
  assert.equal(await next(undefined), '');
  assert.equal(await next(MESSAGE), 'accepted');
  assert.equal(asked[0]?.mechanism, 'OAUTHBEARER');
  assert.equal(asked[0].authorizationIdentity, 'user@example.com');
  assert.equal(Buffer.from(asked[0].token.reveal()).toString(), TOKEN);
  assert.ok(!JSON.stringify(asked).includes(TOKEN));
});

describe('OAUTHBEARER, the server', () => {
  test('unknown keys are ignored, host and port optional, the scheme in any case (OA-02, OA-07)', async () => {
    for (const message of [
      MESSAGE.replace('\x01port', '\x01qs=a=b&c\x01mthd=POST\x01port'),
      MESSAGE.replace('\x01host=server.example.com\x01port=995', ''),
      MESSAGE.replace('Bearer', 'bearer'),
      MESSAGE.replace('Bearer', 'BEARER'),
      MESSAGE.replace('server.example.com', 'Server.Example.COM'),
      MESSAGE.replace('995', '110'),
      MESSAGE.replace('n,', 'y,'),
    ]) {
      const { next, asked } = server();
      assert.equal(await next(message), 'accepted', JSON.stringify(message));
      assert.equal(asked[0]?.authorizationIdentity, 'user@example.com');
    }
    const { next, asked } = server();
    await next(MESSAGE.replace('a=user@example.com', 'a=a=3Db=2Cc'));
    await next(MESSAGE.replace('a=user@example.com', ''));
    assert.deepEqual([asked[0]?.authorizationIdentity, asked[1]?.authorizationIdentity], ['a=b,c', undefined]);
  });

  test('what has another form is malformed, a lone ^A too, and no token is looked at (OA-02, OA-06)', async () => {
    for (const message of [
      '',
      '\x01',
      'n,,',
      'n,,\x01',
      MESSAGE.slice(0, -1),
      MESSAGE.slice(0, -2),
      `${MESSAGE}x`,
      MESSAGE.replace('n,', 'p=tls-exporter,'),
      MESSAGE.replace('n,', ''),
      MESSAGE.replace('a=user', 'a=us=er'),
      MESSAGE.replace('host=', 'ho st='),
      MESSAGE.replace('host=', '=host='),
      MESSAGE.replace('host=', 'auth=Bearer abc\x01host='),
      MESSAGE.replace('server', 'ser\0ver'),
      MESSAGE.replace('user', 'us\xffer'),
    ]) {
      const { next, asked } = server();
      assert.equal(await next(message), 'malformed', JSON.stringify(message));
      assert.deepEqual(asked, []);
    }
  });

  test('without token, or for another host or port, it is refused with an explanation (OA-03, OA-04)', async () => {
    for (const message of [
      MESSAGE.replace('995', '143'),
      MESSAGE.replace('995', '0995'),
      MESSAGE.replace('server.', 'other.'),
      MESSAGE.replace('Bearer', 'Basic'),
      MESSAGE.replace(TOKEN, ''),
      MESSAGE.replace(TOKEN, 'a b'),
      MESSAGE.replace(`auth=Bearer ${TOKEN}\x01`, ''),
      MESSAGE.replace('user@example.com', 'a\x07'),
    ]) {
      const { next, asked } = server();
      const explained = await next(message);
      assert.match(explained, EXPLAINED, JSON.stringify(message));
      assert.equal(JSON.parse(explained).status, 'invalid_request');
      assert.equal(await next('\x01'), 'refused');
      assert.deepEqual(asked, []);
    }
  });

  test('a token that is not taken: explained, then -ERR, whatever is answered (OA-04, OA-08)', async () => {
    for (const [verdict, status] of [
      [{ type: 'refused' }, 'invalid_token'],
      [{ type: 'refused-token', status: 'insufficient_scope' }, 'insufficient_scope'],
    ] as const) {
      for (const answer of ['\x01', '', MESSAGE]) {
        const { next, asked } = server(verdict);
        const explained = await next(MESSAGE);
        assert.match(explained, EXPLAINED);
        assert.equal(JSON.parse(explained).status, status);
        assert.equal(await next(answer), 'refused');
        assert.equal(asked.length, 1);
      }
    }
    assert.equal(await server({ type: 'unavailable' }).next(MESSAGE), 'unavailable');
  });

  test('a token of 12 KB', async () => {
    const token = 'x'.repeat(12_288);
    const { next, asked } = server();
    assert.equal(await next(Buffer.from(client({ token }).initial ?? []).toString()), 'accepted');
    assert.equal(asked[0]?.token.matches(token), true);
  });
});

describe('OAUTHBEARER, the client', () => {
  test('answers the explanation by ^A, once, and takes no success after it (OA-05)', async () => {
    const caller = client();
    caller.finished();
    assert.equal(Buffer.from(await caller.next(Buffer.from('{"status":"invalid_token"}'))).toString(), '\x01');
    assert.throws(() => caller.finished());
    assert.throws(() => caller.next(Buffer.from('{}')));
  });

  test('sends no name or token that would be something else', () => {
    assert.ok(
      Buffer.from(client({ user: 'a=b,c' }).initial ?? [])
        .toString()
        .startsWith('n,a=a=3Db=2Cc,\x01'),
    );
    for (const token of ['', 'a b', 'a\x01host=other', 'é', '=', 'a\n'])
      assert.throws(() => client({ token }), TypeError);
    for (const user of ['', 'a\x01', '\u00ad']) assert.throws(() => client({ user }), TypeError);
  });
});
