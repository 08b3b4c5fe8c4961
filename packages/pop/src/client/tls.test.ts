import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { createServer, type TLSSocket } from 'node:tls';
import { inspect } from 'node:util';
import { selfSignedCertificate } from '../testing/index.ts';
import { connect } from './connect.ts';
import { fittingPin } from './pins.ts';
import { certificate, PASSWORD, play } from './scene.test-support.ts';

const LOGIN = `C: USER ada\nS: +OK\nC: PASS ${PASSWORD}\nS: +OK\nC: CAPA\nS> +OK\nS> UIDL\nS: .`;
const STLS = 'S: +OK\nC: CAPA\nS> +OK\nS> STLS\nS> SASL PLAIN\nS: .\nC: STLS\nS: +OK\nTLS';
const trusting = { ca: certificate.cert };
/** As connect does it when nobody says otherwise. */
const careful = { requireTLS: true, allowInsecureAuth: false } as const;

const credentials = (heard: readonly string[]) => heard.filter((line) => /^(USER|PASS|AUTH|APOP)/.test(line));

describe('STLS', () => {
  for (const cut of [false, true]) {
    test(`what was said before is forgotten, and all is seen (STLS-08, TLS-02, TLS-20)${cut ? ', octet by octet' : ''}`, async () => {
      const scene = {
        script: `${STLS}\nC: CAPA\nS> +OK\nS> USER\nS: .\n${LOGIN}`,
        options: { ...careful, tls: trusting },
        act: () => 'in',
      };
      const { pop, error, value } = await play(scene, cut);
      assert.equal(value, 'in', inspect(error));
      // SASL PLAIN was offered in the clear only.
      assert.equal(pop?.method, 'USER');
      const { security } = pop ?? {};
      assert.ok(security?.tls);
      assert.match(security.version, /^TLSv1\.[23]$/);
      assert.deepEqual(
        [security.by, security.alpn, security.verified, security.verifiedName],
        ['stls', 'pop3', true, 'localhost'],
      );
      assert.match(security.fingerprint, /^[0-9a-f]{64}$/);
    });

    test(`a server that does not offer it gets no credentials (STLS-14)${cut ? ', octet by octet' : ''}`, async () => {
      for (const script of [
        'S: +OK\nC: CAPA\nS> +OK\nS> USER\nS> SASL PLAIN\nS: .',
        'S: +OK\nC: CAPA\nS: -ERR',
        'S: +OK\nC: CAPA\nS> +OK\nS> STLS\nS: .\nC: STLS\nS: -ERR no',
      ]) {
        const { error, peer } = await play({ script, options: { ...careful, tls: trusting } }, cut);
        assert.equal(error?.code, 'TLS_UNAVAILABLE');
        assert.deepEqual(credentials(peer.heard), []);
      }
    });
  }

  test('octets behind its +OK end the session (STLS-07)', async () => {
    const script = 'S: +OK\nC: CAPA\nS> +OK\nS> STLS\nS: .\nC: STLS\nS> +OK\nS: +OK forged';
    const { error, peer } = await play({ script, options: { ...careful, tls: trusting } });
    assert.equal(error?.code, 'TLS_INJECTED');
    assert.deepEqual(credentials(peer.heard), []);
  });

  test('octets that come behind it a little later are no TLS (STLS-05, STLS-07)', async () => {
    const script = 'S: +OK\nC: CAPA\nS> +OK\nS> STLS\nS: .\nC: STLS\nS: +OK\nS: +OK forged';
    const { error, peer } = await play({ script, options: { ...careful, tls: trusting } });
    assert.ok(error?.code === 'TLS_INJECTED' || error?.code === 'TLS_HANDSHAKE', inspect(error));
    assert.deepEqual(peer.heard.slice(0, 2), ['CAPA', 'STLS']);
    assert.ok(!peer.heard.some((line) => line.includes(PASSWORD)));
  });

  test('a handshake that never comes ends in time, and so does one that is aborted', async () => {
    const script = 'S: +OK\nC: CAPA\nS> +OK\nS> STLS\nS: .\nC: STLS\nS: +OK';
    assert.equal((await play({ script, options: careful })).error?.code, 'TIMEOUT');
    assert.equal((await play({ script: '', options: { ...careful, secure: true } })).error?.code, 'TIMEOUT');
    const controller = new AbortController();
    const logger = { debug: (_: object, line: string) => line === 'S: +OK ' && controller.abort(), warn() {} };
    const { error } = await play({ script, options: { ...careful, logger, signal: controller.signal } });
    assert.equal(error?.code, 'ABORTED');
  });

  test('with ignoreTLS it is not used, and no credentials go out unless that is allowed too', async () => {
    const script = 'S: +OK\nC: CAPA\nS> +OK\nS> STLS\nS> USER\nS: .';
    const options = { ...careful, requireTLS: false, ignoreTLS: true };
    const { error, peer } = await play({ script, options });
    assert.equal(error?.code, 'INSECURE');
    assert.deepEqual(peer.heard, ['CAPA']);
    const allowed = await play({ script: `${script}\n${LOGIN}`, options: { ...options, allowInsecureAuth: true } });
    assert.equal(allowed.pop?.security.tls, false);
  });
});

describe('certificates', () => {
  const refused = async (tls: object, host = 'localhost') => {
    const { error, peer } = await play({ script: STLS, options: { ...careful, host, tls } });
    assert.deepEqual(credentials(peer.heard), []);
    return error?.code;
  };

  test('one that nobody vouches for, or another host’s, is not taken (STLS-13, TLS-04, TLS-12)', async () => {
    assert.equal(await refused({}), 'TLS_CERTIFICATE');
    assert.equal(await refused({ ca: selfSignedCertificate().cert }), 'TLS_CERTIFICATE');
    assert.equal(await refused(trusting, 'mail.example.org'), 'TLS_CERTIFICATE');
    assert.equal(await refused(trusting, '192.0.2.1'), 'TLS_CERTIFICATE');
  });

  test('one that is not looked at is as good as none: no password goes there (AUTH-23, TLS-05)', async () => {
    const script = `${STLS}\nC: CAPA\nS> +OK\nS> USER\nS: .`;
    const { error, peer } = await play({ script, options: { ...careful, tls: { rejectUnauthorized: false } } });
    assert.equal(error?.code, 'INSECURE');
    assert.deepEqual(credentials(peer.heard), []);
  });

  test('a pin is asked for beside all else, or instead of it (TLS-17)', async () => {
    const x509 = new X509Certificate(certificate.cert);
    const other = new X509Certificate(selfSignedCertificate().cert);
    const script = `${STLS}\nC: CAPA\nS> +OK\nS> USER\nS: .\n${LOGIN}`;
    const instead = { rejectUnauthorized: false, pins: [x509.fingerprint256] };
    const { pop, error } = await play({ script, options: { ...careful, tls: instead }, act: () => 'in' });
    assert.ok(pop?.security.tls, inspect(error));
    assert.deepEqual([pop.security.verified, pop.security.verifiedName], [true, undefined]);
    assert.equal(pop.security.pin, x509.fingerprint256);
    assert.equal(await refused({ ...trusting, pins: [other.fingerprint256] }), 'TLS_CERTIFICATE');
    assert.equal(await refused({ rejectUnauthorized: false, pins: [other.fingerprint256] }), 'TLS_CERTIFICATE');
    assert.equal(await refused({ pins: [x509.fingerprint256] }), 'TLS_CERTIFICATE');
    await assert.rejects(connect({ host: 'localhost', tls: { pins: ['md5'] } }), { code: 'ARGUMENT' });
  });

  test('a pin may be of the certificate or of its key', () => {
    const x509 = new X509Certificate(certificate.cert);
    const key = `sha256/${digestOfKey(x509)}`;
    assert.equal(fittingPin(x509, ['00'.repeat(32), key]), key);
    const hex = x509.fingerprint256.replaceAll(':', '').toLowerCase();
    assert.equal(fittingPin(x509, [hex]), hex);
    assert.equal(fittingPin(x509, [hex.replace(/^../, '00')]), undefined);
  });

  test('a client’s own is sent where it is asked for (TLS-11)', async () => {
    const own = selfSignedCertificate();
    const server = createServer({ ...certificate, requestCert: true, rejectUnauthorized: false });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    for (const tls of [{ ...trusting, ...own }, trusting]) {
      const coming = once(server, 'secureConnection');
      const calling = connect({ host: 'localhost', port, tls });
      const [socket] = (await coming) as [TLSSocket];
      const shown = socket.getPeerX509Certificate()?.fingerprint256;
      assert.equal(shown, 'key' in tls ? new X509Certificate(own.cert).fingerprint256 : undefined);
      socket.end('-ERR enough\r\n');
      await assert.rejects(calling, { code: 'REFUSED' });
    }
    server.close();
  });
});

function digestOfKey(certificate: X509Certificate): string {
  const der = certificate.publicKey.export({ type: 'spki', format: 'der' });

  return createHash('sha256').update(der).digest('base64');
}
