import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect, createServer } from 'node:tls';
import { type Certificate, readCertificate } from './certificate.ts';
import { ownFiles, provideOwn } from './own-certificate.ts';

async function ownCertificate(data: string, hostname: string): Promise<Certificate> {
  await provideOwn(data, hostname);
  return readCertificate(ownFiles(data));
}

let data: string;
let own: Certificate;

before(async () => {
  data = await mkdtemp(join(tmpdir(), 'restante-tls-'));
  own = await ownCertificate(data, 'post.example');
});
after(() => rm(data, { recursive: true }));

test('it is for localhost, the loopback addresses and the host, for ten years, on P-256', async () => {
  const certificate = new X509Certificate(await readFile(own.files.cert));
  for (const name of ['localhost', 'post.example']) assert.ok(certificate.checkHost(name), name);
  for (const address of ['127.0.0.1', '::1']) assert.ok(certificate.checkIP(address), address);
  assert.ok(certificate.ca);
  assert.equal(certificate.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
  assert.ok(Date.parse(certificate.validFrom) < Date.now());
  assert.ok(Date.parse(certificate.validTo) > Date.now() + 9.9 * 365 * 86_400_000);
  assert.deepEqual(own.names.slice(0, 2), ['localhost', 'post.example']);
});

test('the key is for its owner only', async () => {
  assert.equal((await stat(own.files.key)).mode & 0o777, 0o600);
});

test('a second start keeps the pair', async () => {
  const before = await readFile(own.files.cert, 'utf8');
  await ownCertificate(data, 'other.example');
  assert.equal(await readFile(own.files.cert, 'utf8'), before);
});

test('the file serves as a CA file, by either name', async () => {
  const server = createServer({ ...own.context }, (socket) => socket.end('+OK\r\n'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    for (const servername of ['localhost', 'post.example']) {
      const socket = connect({ port, host: '127.0.0.1', servername, ca: await readFile(own.files.cert) });
      await once(socket, 'secureConnect');
      assert.ok(socket.authorized);
      socket.destroy();
    }
  } finally {
    server.close();
  }
});

test('what cannot work is said in one line that names the setting', async () => {
  const other = await mkdtemp(join(tmpdir(), 'restante-tls-'));
  try {
    const foreign = await ownCertificate(other, 'other.example');
    const wrong = join(other, 'wrong.pem');
    await writeFile(wrong, 'nonsense');
    const { cert, key } = own.files;
    await assert.rejects(readCertificate({ cert, key: foreign.files.key }), /^Failure: tls\.key: .* is not the key of/);
    await assert.rejects(readCertificate({ cert, key: wrong }), /^Failure: tls\.key: .* is not a private key/);
    await assert.rejects(readCertificate({ cert: wrong, key }), /^Failure: tls\.cert: .* is not a certificate/);
    await assert.rejects(readCertificate({ cert: join(other, 'none'), key }), /^Failure: tls\.cert: .* no such file/);
    await unlink(ownFiles(other).key);
    await assert.rejects(ownCertificate(other, 'other.example'), /^Failure: .*key\.pem is missing/);
  } finally {
    await rm(other, { recursive: true });
  }
});
