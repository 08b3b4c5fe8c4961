import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { type ConnectionOptions, connect } from 'node:tls';
import { selfSignedCertificate } from '../testing/index.ts';
import { ServerTls, type TlsSource } from './tls.ts';

const certificate = selfSignedCertificate();

interface Agreed {
  readonly protocol: string | null;
  readonly cipher: string;
  readonly alpn: string | false | null;
  readonly fingerprint: string;
}

/** What a client and the server agree on, or how the client learns that they do not. */
async function handshake(source: TlsSource, options: ConnectionOptions = {}): Promise<Agreed | string> {
  const tls = new ServerTls(source, 'pop3');
  const server = createServer((socket) => tls.wrap(socket).on('error', () => socket.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    return await new Promise((resolve) => {
      const client = connect({
        port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        servername: 'localhost',
        ...options,
      });
      client.once('error', (error: Error & { code?: string }) => resolve(error.code ?? error.message));
      client.once('close', () => resolve('closed'));
      client.once('secureConnect', () => {
        resolve({
          protocol: client.getProtocol(),
          cipher: client.getCipher().standardName,
          alpn: client.alpnProtocol,
          fingerprint: client.getPeerCertificate().fingerprint256,
        });
        client.destroy();
      });
    });
  } finally {
    server.close();
  }
}

test('TLS 1.2 and 1.3, and nothing older (TLS-02)', async () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const made = await handshake(certificate, { minVersion: version, maxVersion: version });
    assert.ok(typeof made === 'object');
    assert.equal(made.protocol, version);
  }
  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    const refused = await handshake(certificate, {
      minVersion: version,
      maxVersion: version,
      ciphers: 'ALL:@SECLEVEL=0',
    });
    assert.equal(typeof refused, 'string');
  }
  const insisted = await handshake(
    { ...certificate, minVersion: 'TLSv1' },
    { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' },
  );
  assert.equal(typeof insisted, 'string');
});

test('only authenticated encryption with forward secrecy (TLS-22, STLS-16)', async () => {
  for (const ciphers of ['AES128-SHA', 'ECDHE-ECDSA-AES128-SHA', 'DES-CBC3-SHA', 'AES256-GCM-SHA384', 'NULL']) {
    const refused = await handshake(certificate, { maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` }).catch(
      () => 'none',
    );
    assert.equal(typeof refused, 'string', ciphers);
  }
  const made = await handshake(certificate, { maxVersion: 'TLSv1.2' });
  assert.ok(typeof made === 'object');
  assert.match(made.cipher, /GCM|POLY1305/);
});

test('ALPN: pop3 is selected, another refused, none is fine (TLS-20)', async () => {
  const selected = await handshake(certificate, { ALPNProtocols: ['http/1.1', 'pop3'] });
  assert.ok(typeof selected === 'object');
  assert.equal(selected.alpn, 'pop3');
  assert.match(String(await handshake(certificate, { ALPNProtocols: ['http/1.1'] })), /NO_APPLICATION_PROTOCOL/);
  const none = await handshake(certificate);
  assert.ok(typeof none === 'object');
});

test('a function is asked at each handshake, by name too, and an unknown name fails (TLS-19)', async () => {
  const renewed = selfSignedCertificate();
  let current = certificate;
  const source = (name?: string) => (name === 'elsewhere.example' ? undefined : current);
  const tls = source as TlsSource;
  const before = await handshake(tls);
  current = renewed;
  const after = await handshake(tls);
  assert.ok(typeof before === 'object' && typeof after === 'object');
  assert.notEqual(before.fingerprint, after.fingerprint);
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const refused = await handshake(tls, { servername: 'elsewhere.example', maxVersion });
    // RFC 6066 §3: the client is told why.
    assert.match(String(refused), /UNRECOGNIZED_NAME/i);
  }
});

test('with TLS 1.2 no client has the handshake done again (RFC 9325 §3.5)', async () => {
  const tls = new ServerTls(certificate);
  const server = createServer((raw) => {
    const socket = tls.wrap(raw);
    socket.on('error', () => socket.destroy());
    socket.write('+OK\r\n');
    socket.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-tls1_2'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  client.stderr.on('data', (octets: Buffer) => {
    said += octets.toString();
  });
  client.stdout.on('data', (octets: Buffer) => {
    said += octets.toString();
    // The letter R on a line asks s_client to renegotiate.
    if (octets.includes('+OK')) client.stdin.end('R\n');
  });
  try {
    const [status] = (await once(client, 'close')) as [number];
    assert.match(said, /RENEGOTIATING[\s\S]*no renegotiation/i);
    assert.notEqual(status, 0);
  } finally {
    client.kill();
    server.close();
  }
});

test('a certificate that cannot be used is known at once', () => {
  assert.throws(() => new ServerTls({ cert: certificate.cert, key: 'no key' }));
});
