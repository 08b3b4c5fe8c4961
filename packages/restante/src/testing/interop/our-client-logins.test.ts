import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { connect, type Pop3ClientOptions } from '@restante/pop/client';
import { Dovecot } from '../dovecot.ts';

const PASSWORDS = { ada: 'analytical engine', bob: 'caf\u00e9 noir' };
const SASL = ['PLAIN', 'LOGIN', 'CRAM-MD5', 'SCRAM-SHA-1', 'SCRAM-SHA-256'];

const skip =
  Dovecot.isInstalled() || process.env['RESTANTE_REQUIRE_PEERS']
    ? false
    : 'Dovecot is not installed: sh scripts/install-peers brings it';

suite('our client logs in at Dovecot', { skip }, () => {
  let office: Dovecot;
  before(async () => {
    office = await Dovecot.start({ passwords: PASSWORDS, mechanisms: [...SASL, 'APOP'] });
  });
  after(() => office.close());

  const overTls = (): Pop3ClientOptions => ({
    host: 'localhost',
    port: office.pop3s.port,
    tls: { ca: readFileSync(office.certificate, 'utf8') },
  });
  const inTheClear = (): Pop3ClientOptions => ({
    host: 'localhost',
    port: office.pop3.port,
    secure: false,
    requireTLS: false,
    ignoreTLS: true,
  });

  for (const method of [...SASL, 'USER', 'APOP']) {
    test(`by ${method}, and not with another password`, async () => {
      const auth = { user: 'ada', pass: PASSWORDS.ada, methods: [method] };
      await using pop = await connect({ ...overTls(), auth });
      assert.equal(pop.method, method);
      assert.deepEqual(await pop.stat(), { count: 0, octets: 0 });
      const wrong = connect({ ...overTls(), auth: { ...auth, pass: 'difference engine' } });
      await assert.rejects(wrong, { code: 'AUTH_FAILED', retryable: false });
    });
  }

  test('without TLS only by what does not show the password, the strongest of it', async () => {
    await using pop = await connect({ ...inTheClear(), auth: { user: 'ada', pass: PASSWORDS.ada } });
    assert.equal(pop.method, 'SCRAM-SHA-256');
    const plain = connect({ ...inTheClear(), auth: { user: 'ada', pass: PASSWORDS.ada, methods: ['PLAIN', 'USER'] } });
    await assert.rejects(plain, { code: 'INSECURE' });
  });

  test('with a password beyond ASCII, however it is composed', async () => {
    for (const method of ['PLAIN', 'SCRAM-SHA-256']) {
      const auth = { user: 'bob', pass: 'cafe\u0301\u00a0noir', methods: [method] };
      await using pop = await connect({ ...overTls(), auth });
      assert.equal(pop.method, method);
    }
  });

  test('by the local part where the address is not known (TLS-25)', async () => {
    const auth = { user: 'countess@elsewhere.example', secondUser: 'ada', pass: PASSWORDS.ada };
    await using pop = await connect({ ...overTls(), auth });
    assert.equal(pop.method, 'SCRAM-SHA-256');
  });
});
