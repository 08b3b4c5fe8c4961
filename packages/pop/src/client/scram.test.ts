import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { scram, scramKeys } from '../sasl/index.ts';
import type { ScramHash } from '../sasl/scram-keys.ts';
import { connect } from './connect.ts';
import { Pop3Error } from './error.ts';
import type { Pop3Auth } from './options.ts';
import { type SaslHostOptions, saslHost } from './sasl-host.test-support.ts';
import { certificate, PASSWORD, play } from './scene.test-support.ts';

const keys = {
  'SHA-1': await scramKeys('SHA-1', PASSWORD, { salt: Buffer.from('of the sea'), iterations: 4_096 }),
  'SHA-256': await scramKeys('SHA-256', PASSWORD, { salt: Buffer.from('of the sea'), iterations: 4_096 }),
};
const mechanism = (hash: ScramHash, plus = false) =>
  scram({
    hash,
    plus,
    keys: (name) => (name === 'ada' ? keys[hash] : undefined),
    authorize: ({ authorizationIdentity = 'ada' }) =>
      authorizationIdentity === 'ada' || authorizationIdentity === 'bob'
        ? { type: 'accepted', account: authorizationIdentity }
        : { type: 'refused' },
    nonce: () => randomBytes(18).toString('base64'),
    ghosts: { secret: Buffer.from('of the server'), iterations: 4_096 },
  });

/** By which mechanism a login came about, or the code of why it did not; and what the first message began with. */
async function call(host: SaslHostOptions, auth: Partial<Pop3Auth> = {}) {
  const server = await saslHost(host);
  const first = () => {
    const [, name, initial = ''] = (server.heard.find((line) => line.startsWith('AUTH')) ?? '').split(' ');
    return [name, Buffer.from(initial, 'base64').toString().split(',', 1)[0]];
  };
  try {
    await using pop = await connect({
      host: 'localhost',
      port: server.port,
      secure: true,
      tls: { ca: certificate.cert },
      auth: { user: 'ada', pass: PASSWORD, ...auth },
    });
    return { outcome: pop.method, first: first(), heard: server.heard };
  } catch (error) {
    assert.ok(error instanceof Pop3Error, inspect(error));
    return { outcome: error.code, error, first: first(), heard: server.heard };
  } finally {
    server.close();
  }
}

const ALL = [mechanism('SHA-1'), mechanism('SHA-1', true), mechanism('SHA-256'), mechanism('SHA-256', true)];

describe('the client by SCRAM', () => {
  test('SHA-256 before SHA-1, bound to the connection where that is offered (SCRAM-01, SCRAM-10, SCRAM-21, SASL-04)', async () => {
    const bound = await call({ mechanisms: ALL });
    assert.deepEqual([bound.outcome, bound.first], ['SCRAM-SHA-256-PLUS', ['SCRAM-SHA-256-PLUS', 'p=tls-exporter']]);
    const sha1 = await call({ mechanisms: ALL }, { methods: ['SCRAM-SHA-1-PLUS'] });
    assert.equal(sha1.outcome, 'SCRAM-SHA-1-PLUS');
    const old = await call({ mechanisms: ALL, version: 'TLSv1.2' });
    assert.deepEqual(old.first, ['SCRAM-SHA-256-PLUS', 'p=tls-server-end-point']);
    assert.equal(old.outcome, 'SCRAM-SHA-256-PLUS');
    // The signature is answered by an empty line (AUTH-17).
    assert.ok(bound.heard.includes(''));
  });

  test('where no -PLUS is offered, "y" over TLS and "n" without (SCRAM-10)', async () => {
    // With bindings to be had, such a server is one whose list somebody has changed.
    const stripped = await call({ mechanisms: ALL, listed: ['SCRAM-SHA-1', 'SCRAM-SHA-256'] });
    assert.deepEqual(stripped.first, ['SCRAM-SHA-256', 'y']);
    assert.equal(stripped.outcome, 'AUTH_FAILED');
    const { peer } = await play({
      script: 'S: +OK\nC: CAPA\nS> +OK\nS> SASL SCRAM-SHA-1 SCRAM-SHA-256\nS: .\nC: AUTH SCRAM-SHA-256 {any}\nS: -ERR',
    });
    const [, , initial = ''] = peer.heard.at(-1)?.split(' ') ?? [];
    assert.match(Buffer.from(initial, 'base64').toString(), /^n,,n=ada,r=[A-Za-z0-9+/]{24}$/);
  });

  test('whoever does not want -PLUS says that there is no binding, which is no downgrade (SCRAM-10)', async () => {
    const { outcome, first } = await call({ mechanisms: ALL }, { methods: ['SCRAM-SHA-256'] });
    assert.deepEqual([outcome, first], ['SCRAM-SHA-256', ['SCRAM-SHA-256', 'n']]);
  });

  test('in somebody’s stead, and a refusal', async () => {
    const stead = await call({ mechanisms: ALL }, { authorizationIdentity: 'bob' });
    assert.equal(stead.outcome, 'SCRAM-SHA-256-PLUS');
    assert.equal((await call({ mechanisms: ALL }, { authorizationIdentity: 'eve' })).outcome, 'AUTH_FAILED');
    const wrong = await call({ mechanisms: ALL }, { pass: 'wrong' });
    assert.equal(wrong.outcome, 'AUTH_FAILED');
    assert.equal(wrong.heard.filter((line) => line.startsWith('AUTH')).length, 1, 'nothing weaker, no second try');
    assert.equal((await call({ mechanisms: ALL }, { user: 'nobody' })).outcome, 'AUTH_FAILED');
  });

  test('a connection is bound to one attempt: behind a refusal it is over (SCRAM-24)', async () => {
    const { outcome, heard } = await call({ mechanisms: ALL }, { pass: 'wrong' });
    assert.equal(outcome, 'AUTH_FAILED');
    assert.deepEqual(
      heard.map((line) => line.split(' ').slice(0, 2).join(' ')).filter((line) => /^[A-Z]+( |$)/.test(line)),
      ['CAPA', 'AUTH SCRAM-SHA-256-PLUS'],
    );
  });

  test('a changed challenge is cancelled, and no session comes of it (SCRAM-05, SCRAM-07, SCRAM-14, SCRAM-15)', async () => {
    const change = (what: RegExp, by: string) => (line: string) => {
      const said = Buffer.from(line.slice(2), 'base64').toString();
      return `+ ${Buffer.from(said.replace(what, by)).toString('base64')}`;
    };
    for (const tamper of [
      change(/^r=./, 'r=*'),
      change(/i=4096/, 'i=1'),
      change(/i=4096/, 'i=4294967295'),
      change(/^r=/, 'm=x,r='),
      change(/^v=..../, 'v=AAAA'),
      change(/^v=.*/, 'v='),
      change(/^v=.*/, ''),
    ]) {
      const { outcome, heard, error } = await call({ mechanisms: ALL, tamper });
      assert.equal(outcome, 'PROTOCOL', inspect(error));
      assert.equal(heard.at(-1), '*');
    }
  });

  test('+OK before the server has proved itself is no login (SCRAM-15)', async () => {
    const { error, peer } = await play({
      script:
        'S: +OK\nC: CAPA\nS> +OK\nS> SASL SCRAM-SHA-256\nS: .\nC: AUTH SCRAM-SHA-256 {any}\nS: +OK\nC: CAPA\nS: .',
    });
    assert.equal(error?.code, 'PROTOCOL');
    assert.equal(peer.heard.filter((line) => line === 'CAPA').length, 1);
  });

  test('no secret is in errors', async () => {
    const { error } = await call({ mechanisms: ALL }, { pass: 'wrong-secret' });
    assert.ok(!inspect(error, { depth: 9 }).includes('wrong-secret'));
  });
});
