import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { connect, createServer, type SecureVersion, type TLSSocket } from 'node:tls';
import { selfSignedCertificate } from '../testing/index.ts';
import { tlsBindings } from './tls-binding.ts';

/** Certificates and their fingerprints, both by OpenSSL 3.0.22. */
const ECDSA_SHA_384 = {
  certificate:
    'MIIBbjCCARWgAwIBAgIUeySznOShwixgogIK3L4wk9etA9MwCgYIKoZIzj0EAwMwDDEKMAgGA1UEAwwBYTAgFw0yNjExMjQxMTQ1NTZaGA8yMTI2MTAzMTExNDU1NlowDDEKMAgGA1UEAwwBYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABIzKpnWUrgWuEN684MiD1l8W8yV/Y76jhM8q5lEy0q/SxZjWXRUv+bFk2w+qnzgbCZBh6AQaFKlOBGU2hhC2Un6jUzBRMB0GA1UdDgQWBBQAZumom7MocCQffQpLt7OrcYkAyjAfBgNVHSMEGDAWgBQAZumom7MocCQffQpLt7OrcYkAyjAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMDA0cAMEQCIC6ookK3zypqaw2o5B+fcENTO0p0R3CVGh+AlM+D/NZDAiBXGByT1G6poV/vI/1XBNp2xA5TMr6BCA7zrvz8AKwh5w==',
  data: '4226031AB3469497C93E316FD7DC15D296DA8A3E1BA743C47F546608FD85E93C88C949BFF7C6AEB0C311AF369E5B38FB',
};
const RSASSA_PSS_SHA_512 = {
  certificate:
    'MIICXjCCAZOgAwIBAgIUHBdJJAOhCMNEuNMOqM9rdKKxP/4wQQYJKoZIhvcNAQEKMDSgDzANBglghkgBZQMEAgMFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgMFAKIDAgE+MAwxCjAIBgNVBAMMAWEwIBcNMjYxMTI0MTE0NTU2WhgPMjEyNjEwMzExMTQ1NTZaMAwxCjAIBgNVBAMMAWEwgZ8wDQYJKoZIhvcNAQEBBQADgY0AMIGJAoGBAMiuikDm156aPnlwYEEJRYO7mP4T7GB9gdJp5wrbPS0FsAUw2u16DfTEI+xkSm4hZCMiBYcfDrts0QklW2gT372SZEbQHHOaWcagwrGI3/PotNdd0mFJMSoPl5391LSKaZynQxf02XQEPUTLWHzIxzgptL29tjlUG/pPhUBlpJfJAgMBAAGjUzBRMB0GA1UdDgQWBBRobJFxaZgRtQ7cwbFOZoPlXUmsTjAfBgNVHSMEGDAWgBRobJFxaZgRtQ7cwbFOZoPlXUmsTjAPBgNVHRMBAf8EBTADAQH/MEEGCSqGSIb3DQEBCjA0oA8wDQYJYIZIAWUDBAIDBQChHDAaBgkqhkiG9w0BAQgwDQYJYIZIAWUDBAIDBQCiAwIBPgOBgQCdTb9oNa76BN+uCyX2lfyVRRx0QNMVNqUOHaxp5LYQ4rK/qLyB+rsJgWJON7bIa8dENi8F5147hgmuoKnfp7x3T2ackPhWkx3F2bWLgtyywGpjhkA/DNBWJOXxu4Ivlht5ehHzF75q30y8sE9gpnFIl+kGKhSuhakUTydLNa+hFg==',
  data: '67F3B42D4CFF141E05A3DFC69117DAEEA3142764AD8344FA1BB292E593EEF3E72BECF8387AA08C5388A300E0D67D42AE857901F39AA376F0CFA5D545D9D00445',
};
/** Its fingerprint is by SHA-256. */
const RSA_SHA_1 = {
  certificate:
    'MIIB9jCCAV+gAwIBAgIUWLK79KLR1JJqnLX1qR57U8cI7e4wDQYJKoZIhvcNAQEFBQAwDDEKMAgGA1UEAwwBYTAgFw0yNjExMjQxMTQ1NTdaGA8yMTI2MTAzMTExNDU1N1owDDEKMAgGA1UEAwwBYTCBnzANBgkqhkiG9w0BAQEFAAOBjQAwgYkCgYEAlA1dQeyxYuYwPnvWDyNVFqVwt6Km9YGz7GtrrVJiCHyqpPCwdkff98tXMQ+l/zxI4VC1MJAwN8tjwk5QjP746nR5FYmF+fTgOqT6sroisrpVSBOUSlsmqlcB1RGs/UR0zEy+QO4FiRuIjcr093qPRLhO02OCUNMuXg+7xd89eIcCAwEAAaNTMFEwHQYDVR0OBBYEFKHuZxfqx3yweCOvLTDIzzAvPXUlMB8GA1UdIwQYMBaAFKHuZxfqx3yweCOvLTDIzzAvPXUlMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQEFBQADgYEAga8SY3RfDkBx0j0bxtE1tfw7Q82/6uwIR99LHbsVbsLh4sZ0TqwC94XNq76AzqF+29d2nINwQ4B0+bktg8lv+wUrErdI7rVlAN13QNtUVS28D9bZpRdAsV1nYjomU/wF+PZ5K0rDZMdKUbhkqwtI6J7wEji2Wf97Vxy+7TCUv+w=',
  data: 'F4132CD51CAA9B9101176054C7891C1BBC7BEB04B0FF25FCE2CABC90EF7711A1',
};
const ED25519 =
  'MIIBLjCB4aADAgECAhQa9oRPQGRLGLXHIR2F9FMxKr3UmjAFBgMrZXAwDDEKMAgGA1UEAwwBYTAgFw0yNjExMjQxMTQ1NThaGA8yMTI2MTAzMTExNDU1OFowDDEKMAgGA1UEAwwBYTAqMAUGAytlcAMhAHNDUtXZxpQMat8Gzh6iE/Vbslt17hE3d5A+p7apq+3xo1MwUTAdBgNVHQ4EFgQUd50dC4Qd4Qhqd7SupOZnyHoxRV8wHwYDVR0jBBgwFoAUd50dC4Qd4Qhqd7SupOZnyHoxRV8wDwYDVR0TAQH/BAUwAwEB/zAFBgMrZXADQQC9sKc1zBIS+1jR5QSii3FjgPC+VHVp1j8aTIYo7lrTo6FSkOptmVXrRJkDupVR9bGJZ+sDVCAqPOWauyTdOjYK';

const tls12 = { getProtocol: () => 'TLSv1.2', exportKeyingMaterial: () => assert.fail('not with TLS 1.2') };

describe('tls-server-end-point', () => {
  test('is the certificate’s hash, by the hash it was signed with, and SHA-256 for weaker ones (SCRAM-25)', () => {
    for (const { certificate, data } of [ECDSA_SHA_384, RSASSA_PSS_SHA_512, RSA_SHA_1]) {
      const [binding, ...others] = tlsBindings(tls12, Buffer.from(certificate, 'base64'));
      assert.equal(binding?.type, 'tls-server-end-point');
      assert.equal(Buffer.from(binding.data).toString('hex').toUpperCase(), data);
      assert.deepEqual(others, []);
    }
  });

  test('is not there for a signature without a hash of its own, nor for what is no certificate', () => {
    const whole = Buffer.from(ECDSA_SHA_384.certificate, 'base64');
    for (const certificate of [undefined, Buffer.from(ED25519, 'base64'), Buffer.alloc(0), Buffer.alloc(9, 0x84)]) {
      assert.deepEqual(tlsBindings(tls12, certificate), []);
    }
    for (let length = 0; length < whole.length; length += 1) {
      assert.deepEqual(tlsBindings(tls12, whole.subarray(0, length)), []);
    }
  });
});

const { cert, key } = selfSignedCertificate();
const der = Buffer.from(cert.replace(/-----.*-----|\s/g, ''), 'base64');

/** Both ends of a TLS connection over loopback. */
async function ends(version: SecureVersion): Promise<readonly [TLSSocket, TLSSocket, () => void]> {
  const server = createServer({ cert, key, minVersion: version, maxVersion: version });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: '127.0.0.1', ca: cert });
  const [[theirs]] = await Promise.all([once(server, 'secureConnection'), once(client, 'secureConnect')]);
  const close = () => {
    client.destroy();
    theirs.destroy();
    server.close();
  };
  return [client, theirs, close];
}

test('both ends of a connection have the same, and no two connections: tls-exporter with TLS 1.3 (SCRAM-20, SCRAM-21, SCRAM-22)', async () => {
  const seen: string[] = [];
  for (let connections = 0; connections < 2; connections += 1) {
    const [client, server, close] = await ends('TLSv1.3');
    const mine = tlsBindings(client, client.getPeerX509Certificate()?.raw);
    assert.deepEqual(mine, tlsBindings(server, server.getX509Certificate()?.raw));
    assert.deepEqual(
      mine.map(({ type, data }) => [type, data.length]),
      [
        ['tls-exporter', 32],
        ['tls-server-end-point', 32],
      ],
    );
    assert.deepEqual(mine[0]?.data, client.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)));
    assert.deepEqual(mine[1]?.data, createHash('sha256').update(der).digest());
    seen.push(Buffer.from(mine[0]?.data ?? []).toString('hex'));
    close();
  }
  assert.notEqual(seen[0], seen[1]);
});

test('with TLS 1.2 there is the certificate only (SCRAM-22, SCRAM-23)', async () => {
  const [client, server, close] = await ends('TLSv1.2');
  const mine = tlsBindings(client, client.getPeerX509Certificate()?.raw);
  assert.deepEqual(mine, tlsBindings(server, server.getX509Certificate()?.raw));
  assert.deepEqual(
    mine.map(({ type }) => type),
    ['tls-server-end-point'],
  );
  close();
});
