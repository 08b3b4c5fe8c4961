import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { Capabilities } from '../pop3/exchange-capabilities.ts';
import { chooseLogin } from './choose.ts';
import type { Pop3Auth } from './options.ts';
import { certificate, PASSWORD, play } from './scene.test-support.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const offering = (sasl: string) => `TLS\n${inTheClear(sasl)}`;
const inTheClear = (sasl: string) => `S: +OK\nC: CAPA\nS> +OK\nS> SASL ${sasl}\nS: .`;
const after = 'C: CAPA\nS> +OK\nS: .';
const overTls = { secure: true, allowInsecureAuth: false, tls: { ca: certificate.cert } };
const token = `${'x'.repeat(12_288)}==`;
const auth = { user: 'ada', accessToken: token };

const tls = { tls: true, by: 'implicit', version: '', cipher: '', verified: true, fingerprint: '' } as const;
function choice(offered: string, given: Pop3Auth, security: typeof tls | { tls: false } = tls, certified = false) {
  const capabilities = new Capabilities(['USER', `SASL ${offered}`]);
  const situation = { auth: given, capabilities, greeting: '', security, allowInsecureAuth: true };
  try {
    return chooseLogin({ ...situation, certificate: certified }).name;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('which mechanism', () => {
  test('a token is for OAUTHBEARER and XOAUTH2, over TLS only, whatever is allowed (OA-01, XO-01)', () => {
    assert.equal(choice('XOAUTH2 OAUTHBEARER PLAIN', auth), 'OAUTHBEARER');
    assert.equal(choice('PLAIN XOAUTH2', auth), 'XOAUTH2');
    assert.equal(choice('XOAUTH2 OAUTHBEARER', auth, { tls: false }), 'NO_MECHANISM');
  });

  test('a certificate is for EXTERNAL, over TLS only', () => {
    assert.equal(choice('PLAIN EXTERNAL', { user: 'ada', pass: 'x' }, tls, true), 'EXTERNAL');
    assert.equal(choice('PLAIN EXTERNAL', { user: 'ada', pass: 'x' }), 'PLAIN');
    assert.equal(choice('EXTERNAL', { user: 'ada' }, { tls: false }, true), 'NO_MECHANISM');
  });

  test('CRAM-MD5 only when it is asked for', () => {
    assert.equal(choice('CRAM-MD5 PLAIN', { user: 'ada', pass: 'x' }), 'PLAIN');
    assert.equal(choice('CRAM-MD5 PLAIN', { user: 'ada', pass: 'x', methods: ['cram-md5'] }), 'CRAM-MD5');
  });
});

describe('the client by a token', () => {
  const message = base64(`n,a=ada,\x01host=localhost\x01port=995\x01auth=Bearer ${token}\x01\x01`);

  test('OAUTHBEARER: 12 KB come behind the empty challenge (AUTH-13, AUTH-14, OA-02)', async () => {
    const { value, error } = await play({
      script: `${offering('OAUTHBEARER')}\nC: AUTH OAUTHBEARER\nS: +\\x20\nC: ${message}\nS: +OK\n${after}`,
      options: { ...overTls, auth },
      act: (pop) => pop.method,
    });
    assert.equal(value, 'OAUTHBEARER', inspect(error));
  });

  test('OAUTHBEARER: a refusal is explained, answered by ^A, and final (OA-05, D.6)', async () => {
    const explained = base64('{"status":"invalid_token","scope":"mail"}');
    const dialog = `C: AUTH OAUTHBEARER {any}\nS: + ${explained}\nC: AQ==`;
    for (const [answer, code] of [
      ['-ERR [AUTH] token refused', 'AUTH_FAILED'],
      ['+OK', 'PROTOCOL'],
      [`+ ${explained}\nC: *\nS: -ERR`, 'PROTOCOL'],
    ]) {
      const { error } = await play({
        script: `${offering('OAUTHBEARER XOAUTH2')}\n${dialog}\nS: ${answer}`,
        options: { ...overTls, auth: { user: 'ada', accessToken: 'secret-token' } },
      });
      assert.equal(error?.code, code, inspect(error));
      assert.ok(!inspect(error, { depth: 9 }).includes('secret-token'));
    }
  });

  test('XOAUTH2 in two lines, and an empty answer to the explanation (XO-01, XO-02)', async () => {
    const response = base64('user=ada\x01auth=Bearer abc\x01\x01');
    const dialog = `${offering('XOAUTH2')}\nC: AUTH XOAUTH2\nS: +\\x20\nC: ${response}`;
    const options = { ...overTls, auth: { user: 'ada', accessToken: 'abc' } };
    const taken = await play({ script: `${dialog}\nS: +OK\n${after}`, options, act: (pop) => pop.method });
    assert.equal(taken.value, 'XOAUTH2', inspect(taken.error));
    const explained = `${dialog}\nS: + ${base64('{"status":"401","schemes":"bearer mac"}')}\nC:\nS: -ERR no`;
    assert.equal((await play({ script: explained, options })).error?.code, 'AUTH_FAILED');
  });
});

describe('a token that was refused', () => {
  const explained = base64(
    '{"status":"invalid_token","scope":"mail","openid-configuration":"https://id.example","x":{}}',
  );
  const attempt = `C: AUTH OAUTHBEARER {any}\nS: + ${explained}\nC: AQ==\nS: -ERR [AUTH] no`;

  /** Tokens for each time that one is asked for, and what was said then. */
  function tokens(...given: readonly string[]) {
    const asked: unknown[] = [];
    const accessToken = (refused?: object) => given[asked.push(refused) - 1] ?? '';
    return { asked, auth: { user: 'ada', accessToken } };
  }

  test('is asked for anew once, with what the server has said, and no more (OA-09)', async () => {
    const { asked, auth } = tokens('one', 'two', 'three');
    const { error, peer } = await play({
      script: `${offering('OAUTHBEARER')}\n${attempt}\n${attempt}\nEOF`,
      options: { ...overTls, auth },
    });
    assert.equal(error?.code, 'AUTH_FAILED');
    assert.deepEqual(asked, [
      undefined,
      { status: 'invalid_token', scope: 'mail', openidConfiguration: 'https://id.example' },
    ]);
    await peer.finished;
    assert.equal(peer.heard.filter((line) => line.startsWith('AUTH')).length, 2);
  });

  test('is made up for by a new one (OA-09)', async () => {
    const { auth } = tokens('one', 'two');
    const taken = `${offering('OAUTHBEARER')}\n${attempt}\nC: AUTH OAUTHBEARER {any}\nS: +OK\n${after}`;
    const { value, error, peer } = await play({
      script: taken,
      options: { ...overTls, auth },
      act: (pop) => pop.method,
    });
    assert.equal(value, 'OAUTHBEARER', inspect(error));
    const [first, second] = peer.heard
      .filter((line) => line.startsWith('AUTH'))
      .map((line) => line.split(' ')[2] ?? '');
    assert.ok(
      Buffer.from(first ?? '', 'base64')
        .toString()
        .endsWith('Bearer one\x01\x01'),
    );
    assert.ok(
      Buffer.from(second ?? '', 'base64')
        .toString()
        .endsWith('Bearer two\x01\x01'),
    );
  });

  test('is not tried again when there is no other, or when it was not the token (OA-09)', async () => {
    for (const [auth, said] of [
      [tokens('one', 'one').auth, attempt],
      [{ user: 'ada', accessToken: 'one' }, attempt],
      [tokens('one', 'two').auth, 'C: AUTH OAUTHBEARER {any}\nS: -ERR [SYS/TEMP] later'],
      [tokens('one', 'two').auth, 'C: AUTH OAUTHBEARER {any}\nS: -ERR [IN-USE] later'],
    ] as const) {
      const { error, peer } = await play({
        script: `${offering('OAUTHBEARER')}\n${said}\nEOF`,
        options: { ...overTls, auth },
      });
      assert.ok(error);
      await peer.finished;
    }
  });

  test('says nothing that cannot be read', async () => {
    for (const said of ['', 'null', '[]', '{', '"x"', '{"status":{}}', '\xff']) {
      const { asked, auth } = tokens('one', 'one');
      const script = `${offering('OAUTHBEARER')}\nC: AUTH OAUTHBEARER {any}\nS: + ${base64(said)}\nC: AQ==\nS: -ERR [AUTH]`;
      assert.equal((await play({ script, options: { ...overTls, auth } })).error?.code, 'AUTH_FAILED');
      assert.deepEqual(asked, [undefined, {}]);
    }
  });
});

test('the client by EXTERNAL: "=" is the empty response (AUTH-08)', async () => {
  const options = { ...overTls, tls: { ...overTls.tls, ...certificate }, auth: { user: 'ada' } };
  const script = `${offering('EXTERNAL PLAIN')}\nC: AUTH EXTERNAL =\nS: +OK\n${after}`;
  const { value, error } = await play({ script, options, act: (pop) => pop.method });
  assert.equal(value, 'EXTERNAL', inspect(error));
  const stead = { ...options, auth: { user: 'ada', authorizationIdentity: 'bob' } };
  const second = await play({
    script: script.replace(' =', ` ${base64('bob')}`),
    options: stead,
    act: (pop) => pop.method,
  });
  assert.equal(second.value, 'EXTERNAL', inspect(second.error));
});

describe('the client by CRAM-MD5', () => {
  const options = { auth: { user: 'tim', pass: 'tanstaaftanstaaf', methods: ['CRAM-MD5'] } };
  const challenge = base64('<1896.697170952@postoffice.reston.mci.net>');
  const answer = 'dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw';

  test('RFC 2195’s example, without an initial response (CRAM-02, CRAM-03)', async () => {
    const script = `${inTheClear('CRAM-MD5')}\nC: AUTH CRAM-MD5\nS: + ${challenge}\nC: ${answer}\nS: +OK\n${after}`;
    const { value, error } = await play({ script, options, act: (pop) => pop.method });
    assert.equal(value, 'CRAM-MD5', inspect(error));
  });

  test('a challenge that is no msg-id, or a second one, is cancelled', async () => {
    const dialog = `${inTheClear('CRAM-MD5')}\nC: AUTH CRAM-MD5`;
    for (const script of [
      `${dialog}\nS: + ${base64('chosen')}\nC: *\nS: -ERR`,
      `${dialog}\nS: +\nC: *\nS: -ERR`,
      `${dialog}\nS: + ${challenge}\nC: ${answer}\nS: + ${challenge}\nC: *\nS: -ERR`,
    ]) {
      const { error, peer: theirs } = await play({ script, options });
      assert.equal(error?.code, 'PROTOCOL', inspect(error));
      assert.equal(theirs.heard.at(-1), '*');
      assert.ok(!inspect(error, { depth: 9 }).includes(PASSWORD));
    }
  });
});
