import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SaslServerMechanism } from '../sasl/index.ts';
import { connect } from './connect.ts';
import { type SaslHostOptions, saslHost } from './sasl-host.test-support.ts';
import { certificate, PASSWORD } from './scene.test-support.ts';

/** PLAIN that knows this user only. */
function plainFor(user: string): SaslServerMechanism {
  return {
    name: 'PLAIN',
    plaintext: true,
    clientFirst: true,
    serve: () => ({
      next: (response) => {
        const [, name, password] = Buffer.from(response ?? [])
          .toString()
          .split('\0');
        return name === user && password === PASSWORD ? { type: 'accepted', account: 'ada' } : { type: 'refused' };
      },
    }),
  };
}

async function call(host: SaslHostOptions, options: object = {}, secondUser?: string) {
  const server = await saslHost(host);
  const auth = { user: 'ada@example.net', pass: PASSWORD, ...(secondUser !== undefined && { secondUser }) };
  try {
    await using pop = await connect({
      host: 'localhost',
      port: server.port,
      secure: true,
      tls: { ca: certificate.cert },
      auth,
      ...options,
    });
    return { outcome: pop.method, heard: server.heard };
  } catch (error) {
    return { outcome: (error as { code: string }).code, error, heard: server.heard };
  } finally {
    server.close();
  }
}

const attempts = (heard: readonly string[]) =>
  heard
    .filter((line) => line.startsWith('AUTH'))
    .map(
      (line) =>
        Buffer.from(line.split(' ')[2] ?? '', 'base64')
          .toString()
          .split('\0')[1],
    );

describe('what else a user may be called', () => {
  test('is tried where the address is refused, once, and on a connection of its own (TLS-25)', async () => {
    const taken = await call({ mechanisms: [plainFor('ada')] }, {}, 'ada');
    assert.equal(taken.outcome, 'PLAIN');
    assert.deepEqual(attempts(taken.heard), ['ada@example.net', 'ada']);
    assert.equal(taken.heard.filter((line) => line === 'CAPA').length, 3, 'one more before the second login');
    const refused = await call({ mechanisms: [plainFor('bob')] }, {}, 'ada');
    assert.equal(refused.outcome, 'AUTH_FAILED');
    assert.deepEqual(attempts(refused.heard), ['ada@example.net', 'ada']);
  });

  test('is not tried where the address is taken, or where none was given', async () => {
    const first = await call({ mechanisms: [plainFor('ada@example.net')] }, {}, 'ada');
    assert.deepEqual([first.outcome, attempts(first.heard)], ['PLAIN', ['ada@example.net']]);
    const without = await call({ mechanisms: [plainFor('ada')] });
    assert.deepEqual([without.outcome, attempts(without.heard)], ['AUTH_FAILED', ['ada@example.net']]);
  });

  test('is not tried where nobody knows whose server it is (TLS-25)', async () => {
    const unverified = { tls: { rejectUnauthorized: false }, allowInsecureAuth: true };
    const { outcome, heard } = await call({ mechanisms: [plainFor('ada')] }, unverified, 'ada');
    assert.deepEqual([outcome, attempts(heard)], ['AUTH_FAILED', ['ada@example.net']]);
  });

  test('is not tried for any other failure', async () => {
    const { outcome, heard } = await call({ mechanisms: [plainFor('ada')], listed: ['X-NONE'] }, {}, 'ada');
    assert.deepEqual([outcome, heard], ['NO_MECHANISM', ['CAPA']]);
  });
});
