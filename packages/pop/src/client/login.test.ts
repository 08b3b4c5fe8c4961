import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { Capabilities } from '../pop3/exchange-capabilities.ts';
import { ManualClock, ScriptedPeer } from '../testing/index.ts';
import { apopDigest, apopTimestamp } from './apop.ts';
import { chooseLogin, type LoginSituation } from './choose.ts';
import { Pop3Error } from './error.ts';
import { Link } from './link.ts';
import { authenticate } from './login.ts';
import { LOGIN_METHODS, type LoginMethod } from './mechanisms.ts';
import { PASSWORD, play } from './scene.test-support.ts';
import { Trace } from './trace.ts';

const safe = { tls: true, by: 'implicit', version: '', cipher: '', verified: true, fingerprint: '' } as const;

function choice(capabilities: readonly string[] | undefined, given: Partial<LoginSituation> = {}): string {
  const situation = {
    auth: { user: 'ada', pass: 'secret' },
    capabilities: new Capabilities(capabilities),
    greeting: 'ready <1896.697170952@dbc.mtview.ca.us>',
    security: safe,
    allowInsecureAuth: false,
    certificate: false,
    ...given,
  };
  try {
    return chooseLogin(situation).name;
  } catch (error) {
    return (error as Pop3Error).code;
  }
}

describe('which way to log in', () => {
  test('the strongest that is offered, whatever the order (SASL-04, AUTH-24)', () => {
    assert.equal(choice(['USER', 'SASL LOGIN PLAIN']), 'PLAIN');
    assert.equal(choice(['USER', 'SASL LOGIN']), 'USER');
    assert.equal(choice(['SASL X-NEW LOGIN']), 'LOGIN');
    const strong: LoginMethod = { name: 'X-STRONG', by: 'AUTH', uses: 'pass', plaintext: false };
    const situation = {
      auth: { user: 'ada', pass: 'secret' },
      capabilities: new Capabilities(['SASL PLAIN X-STRONG']),
      greeting: '',
      security: { tls: false },
      allowInsecureAuth: true,
      certificate: false,
    } as const;
    assert.equal(chooseLogin(situation, [strong, ...LOGIN_METHODS]).name, 'X-STRONG');
  });

  test('LOGIN only when there is no other that sends the password (LOGIN-02)', () => {
    assert.equal(LOGIN_METHODS.filter(({ plaintext, uses }) => plaintext && uses === 'pass').at(-1)?.name, 'LOGIN');
  });

  test('without CAPA, or without SASL in it, no AUTH (AUTH-03, EXT-05)', () => {
    assert.equal(choice(undefined), 'USER');
    assert.equal(choice(['USER']), 'USER');
    assert.equal(choice(undefined, { auth: { user: 'ada', pass: 'x', methods: ['PLAIN'] } }), 'NO_MECHANISM');
  });

  test('a shrunken list is not made up for by what policy forbids (SASL-04)', () => {
    const auth = { user: 'ada', pass: 'secret', methods: ['plain'] };
    assert.equal(choice(['USER', 'SASL PLAIN LOGIN'], { auth }), 'PLAIN');
    assert.equal(choice(['USER', 'SASL LOGIN'], { auth }), 'NO_MECHANISM');
  });

  test('nothing that shows the password without TLS, or with a certificate that is anybody’s (STLS-12, AUTH-23, PLAIN-06)', () => {
    for (const security of [{ tls: false }, { ...safe, verified: false }] as const) {
      assert.equal(choice(['USER', 'SASL PLAIN LOGIN'], { security }), 'INSECURE');
      assert.equal(choice(['USER', 'SASL PLAIN LOGIN'], { security, allowInsecureAuth: true }), 'PLAIN');
    }
    assert.equal(choice(['STLS'], { security: { tls: false }, allowInsecureAuth: true }), 'NO_MECHANISM');
  });

  test('a server that lists no way at all is tried with USER, but only over TLS', () => {
    assert.equal(choice(['TOP', 'UIDL']), 'USER');
    assert.equal(choice(['TOP', 'UIDL'], { security: { tls: false }, allowInsecureAuth: true }), 'NO_MECHANISM');
  });

  test('in somebody’s stead only by what can say so', () => {
    const auth = { user: 'admin', pass: 'secret', authorizationIdentity: 'ada' };
    assert.equal(choice(['USER', 'SASL PLAIN'], { auth }), 'PLAIN');
    assert.equal(choice(['USER', 'SASL LOGIN'], { auth }), 'NO_MECHANISM');
  });

  test('what needs TLS or a certificate is not taken without', () => {
    const methods: readonly LoginMethod[] = [
      { name: 'X-CERT', by: 'AUTH', uses: 'certificate', plaintext: false },
      { name: 'X-BOUND', by: 'AUTH', uses: 'pass', plaintext: false, overTlsOnly: true },
    ];
    const situation = {
      auth: { user: 'ada', pass: 'secret' },
      capabilities: new Capabilities(['SASL X-BOUND X-CERT']),
      greeting: '',
      security: safe,
      allowInsecureAuth: true,
      certificate: true,
    };
    assert.equal(chooseLogin(situation, methods).name, 'X-CERT');
    assert.equal(chooseLogin({ ...situation, certificate: false }, methods).name, 'X-BOUND');
    const clear = { ...situation, certificate: false, security: { tls: false } as const };
    assert.throws(() => chooseLogin(clear, methods), { code: 'NO_MECHANISM' });
  });

  test('without a password, or with a token that nothing takes, there is no way', () => {
    assert.equal(choice(['USER', 'SASL PLAIN'], { auth: { user: 'ada', accessToken: 'abc' } }), 'NO_MECHANISM');
  });

  test('APOP only when it is asked for, and with a sound timestamp (P3-36)', () => {
    const auth = { user: 'ada', pass: 'secret', methods: ['APOP'] };
    assert.equal(choice(undefined, { auth }), 'APOP');
    assert.equal(choice(['USER']), 'USER');
    for (const greeting of [
      'ready',
      '<%d.%t@%h>',
      '<%d.1@host>',
      '<1.1@%h>',
      '<1\x01@host>',
      '<1\xe9@host>',
      '<1@>',
      '<1.2>',
      '<a b@c>',
      '<1@h',
    ]) {
      assert.equal(choice(undefined, { auth, greeting }), 'NO_MECHANISM', greeting);
    }
  });
});

test('APOP: RFC 1939’s example (P3-33)', () => {
  const timestamp = apopTimestamp('POP3 server ready <1896.697170952@dbc.mtview.ca.us>');
  assert.equal(timestamp, '<1896.697170952@dbc.mtview.ca.us>');
  assert.equal(apopDigest(timestamp, 'tanstaaf'), 'c4c9334bac560ecc979e58001b3e22fb');
});

const base64 = (text: string) => Buffer.from(text).toString('base64');
const offering = (sasl: string) => `S: +OK\nC: CAPA\nS> +OK\nS> SASL ${sasl}\nS: .`;
const after = 'C: CAPA\nS> +OK\nS: .';

const times = { greetingTimeout: 1_000, socketTimeout: 1_000, readerTimeout: 1_000 };

describe('AUTH', () => {
  test('PLAIN with its initial response (AUTH-21), and CAPA again behind it (EXT-06)', async () => {
    const response = base64(`\0ada\0${PASSWORD}`);
    const { pop, error } = await play({
      script: `${offering('PLAIN')}\nC: AUTH PLAIN ${response}\nS: +OK\nC: CAPA\nS> +OK\nS> EXPIRE 7\nS: .`,
      act: () => 'in',
    });
    assert.equal(error, undefined);
    assert.deepEqual([pop?.method, pop?.capabilities.expire], ['PLAIN', 7]);
  });

  test('CAPA that is refused behind the login says nothing new; one that fails is an error', async () => {
    const script = `S: +OK\nC: CAPA\nS> +OK\nS> UIDL\nS> SASL PLAIN\nS: .\nC: AUTH PLAIN {any}\nS: +OK\nC: CAPA`;
    const kept = await play({ script: `${script}\nS: -ERR not now`, act: (pop) => pop.capabilities.uidl });
    assert.equal(kept.value, true);
    const failed = await play({ script: `${script}\nS: -ERR [SYS/TEMP] not now` });
    assert.equal(failed.error?.code, 'SYS_TEMP');
  });

  test('one of 180 octets goes with the command, one of 181 behind the empty challenge (AUTH-13)', async () => {
    for (const octets of [180, 181]) {
      const pass = 'p'.repeat(octets - 5);
      const response = base64(`\0ada\0${pass}`);
      const dialog =
        octets === 180 ? `C: AUTH PLAIN ${response}\nS: +OK` : `C: AUTH PLAIN\nS: +\\x20\nC: ${response}\nS: +OK`;
      const { value, error } = await play({
        script: `${offering('PLAIN')}\n${dialog}\n${after}`,
        options: { auth: { user: 'ada', pass } },
        act: () => 'in',
      });
      assert.equal(value, 'in', inspect(error));
    }
  });

  test('LOGIN, with prompts of any kind, and a challenge without the blank (AUTH-06, LOGIN-02)', async () => {
    const { value, error } = await play({
      script: `${offering('LOGIN')}\nC: AUTH LOGIN\nS: +\nC: ${base64('ada')}\nS: + ${base64('what?')}\nC: ${base64(PASSWORD)}\nS: +OK\n${after}`,
      act: () => 'in',
    });
    assert.equal(value, 'in', inspect(error));
  });

  test('a challenge that is not base64 is cancelled (AUTH-11, AUTH-12)', async () => {
    for (const challenge of ['!!', 'YW Jj', 'YWJj=', '=AAA']) {
      const { error, peer } = await play({
        script: `${offering('LOGIN')}\nC: AUTH LOGIN\nS: + ${challenge}\nC: *\nS: -ERR cancelled`,
      });
      assert.equal(error?.code, 'PROTOCOL', challenge);
      assert.equal(peer.heard.at(-1), '*');
    }
  });

  test('one challenge too many is cancelled, and +OK to that is no login', async () => {
    const dialog = `C: AUTH LOGIN\nS: +\nC: {any}\nS: +\nC: {any}\nS: +\nC: *`;
    const refused = await play({ script: `${offering('LOGIN')}\n${dialog}\nS: -ERR` });
    assert.equal(refused.error?.code, 'PROTOCOL');
    const accepted = await play({ script: `${offering('LOGIN')}\n${dialog}\nS: +OK` });
    assert.equal(accepted.error?.code, 'PROTOCOL');
    assert.ok(!accepted.peer.heard.includes('CAPA', 2));
  });

  test('the last challenge is answered by an empty line; what is left to be proved is looked at behind +OK (AUTH-17, SCRAM-15)', async () => {
    const method: LoginMethod = { name: 'X-TWO', by: 'AUTH', uses: 'pass', plaintext: false };
    const script = 'S: +OK\nC: AUTH X-TWO Zmlyc3Q=\nS: + dj1vdXRz\nC:\nS: +OK';
    for (const proved of [true, false]) {
      const peer = new ScriptedPeer(script);
      const link = new Link(peer.socket, { ...times, line: 512, clock: new ManualClock(), trace: new Trace() });
      assert.equal((await link.greeting()).ok, true);
      const login = authenticate(link, method, {
        initial: Buffer.from('first'),
        next: (challenge) => {
          assert.equal(Buffer.from(challenge).toString(), 'v=outs');
          return new Uint8Array();
        },
        finished() {
          if (!proved) throw new Error('the signature is not the server’s');
        },
      });
      if (proved) assert.equal((await login).ok, true);
      else await assert.rejects(login, { code: 'PROTOCOL', message: /signature/ });
      assert.equal(link.failure?.code, proved ? undefined : 'PROTOCOL');
      assert.equal(peer.socket.destroyed, !proved);
      link.fail(new Pop3Error('ABORTED', 'done'));
    }
  });

  test('a refusal is final: nothing weaker is tried, the password is offered once', async () => {
    const { error, peer } = await play({
      script: `S: +OK\nC: CAPA\nS> +OK\nS> USER\nS> SASL PLAIN LOGIN\nS: .\nC: AUTH PLAIN {any}\nS: -ERR wrong`,
    });
    assert.equal(error?.code, 'AUTH_FAILED');
    assert.deepEqual(peer.heard.length, 2);
  });
});

describe('credentials', () => {
  test('a name or password that would be two commands, or is too long, is not sent', async () => {
    for (const auth of [
      { user: 'ada\r\nDELE 1', pass: PASSWORD },
      { user: 'ada', pass: 'a\nQUIT' },
      { user: 'ada', pass: 'a\0b' },
      { user: 'a'.repeat(249), pass: PASSWORD },
    ]) {
      const { error, peer } = await play({
        script: 'S: +OK\nC: CAPA\nS: -ERR\nC: USER ada\nS: +OK',
        options: { auth },
      });
      assert.equal(error?.code, 'ARGUMENT');
      assert.ok(peer.heard.every((line) => line === 'CAPA' || line === 'USER ada'));
    }
  });

  test('nothing beyond ASCII by USER and PASS (UTF-10)', async () => {
    const { error, peer } = await play({
      script: 'S: +OK\nC: CAPA\nS: -ERR',
      options: { auth: { user: 'ada', pass: 'motdépasse' } },
    });
    assert.equal(error?.code, 'ARGUMENT');
    assert.deepEqual(peer.heard, ['CAPA']);
  });

  test('a password comes from a function only when it may be sent, and what that throws is passed on', async () => {
    let asked = 0;
    const pass = () => {
      asked += 1;
      return Promise.reject(new Error('the key-ring is locked'));
    };
    const script = `S: +OK\nC: CAPA\nS: -ERR`;
    const insecure = await play({ script, options: { auth: { user: 'ada', pass }, allowInsecureAuth: false } });
    assert.deepEqual([insecure.error?.code, asked], ['INSECURE', 0]);
    const { error } = await play({ script, options: { auth: { user: 'ada', pass } } });
    assert.match(error?.message ?? '', /key-ring is locked/);
    assert.deepEqual([error?.code, asked], ['ABORTED', 1]);
  });

  test('without auth nobody logs in, and capabilities can be looked at', async () => {
    const { pop, peer } = await play({
      script: offering('PLAIN'),
      options: { auth: undefined as never },
      act: () => 'looked',
    });
    assert.deepEqual(pop?.capabilities.sasl, ['PLAIN']);
    assert.deepEqual(peer.heard, ['CAPA']);
  });

  test('no error, trace or log has a password or an initial response in it', async () => {
    const log: string[] = [];
    const logger = {
      debug: (_: object, line: string) => log.push(line),
      warn: (_: object, line: string) => log.push(line),
    };
    const response = base64(`\0ada\0${PASSWORD}`);
    const { error } = await play({
      script: `${offering('PLAIN')}\nC: AUTH PLAIN ${response}\nS: -ERR [AUTH] not ${response} nor ${PASSWORD}`,
      options: { logger },
    });
    const all = `${inspect(error, { depth: 9 })}${JSON.stringify(error)}${log.join('\n')}`;
    assert.match(all, /C: AUTH PLAIN \[secret\]/);
    assert.ok(!all.includes(PASSWORD) && !all.includes(response), all);
    assert.ok(error instanceof Pop3Error && error.responseCode === 'AUTH');
  });
});
