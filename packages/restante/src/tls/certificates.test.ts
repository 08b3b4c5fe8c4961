import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { CertificateFiles } from './certificate.ts';
import { Certificates } from './certificates.ts';
import { makeSelfSigned } from './self-signed.ts';

let root: string;
/** Pairs to copy from: one for `one.example`, two that are others of the same name, and a wildcard. */
const made: CertificateFiles[] = [];
let pairs = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'restante-certificates-'));
  for (const name of ['one.example', 'one.example', '*.example']) {
    const files = { cert: join(root, `${made.length}.pem`), key: join(root, `${made.length}.key`) };
    await makeSelfSigned(files, name);
    made.push(files);
  }
});
after(() => rm(root, { recursive: true }));

async function copy(from: CertificateFiles, to: CertificateFiles): Promise<void> {
  await copyFile(from.cert, to.cert);
  await copyFile(from.key, to.key);
}

async function pair(of: CertificateFiles): Promise<CertificateFiles> {
  const files = { cert: join(root, `in-force-${pairs}.pem`), key: join(root, `in-force-${pairs++}.key`) };
  await copy(of, files);
  return files;
}

const USUAL = { refuseUnknownNames: false, minVersion: 'TLSv1.2' } as const;

async function opened(files: CertificateFiles, ...others: readonly CertificateFiles[]): Promise<Certificates> {
  return Certificates.open(
    [{ files, where: 'tls' }, ...others.map((each, index) => ({ files: each, where: `tls.also[${index}]` }))],
    USUAL,
  );
}

test('a new pair is taken; the source answers the same object for as long as nothing changes', async () => {
  const [first, second] = made as [CertificateFiles, CertificateFiles];
  const files = await pair(first);
  const certificates = await opened(files);
  const before = certificates.source();
  assert.equal(certificates.source(), before);
  assert.equal((await certificates.reread())[0]?.type, 'unchanged');
  assert.equal(certificates.source(), before);
  await copy(second, files);
  assert.equal((await certificates.reread())[0]?.type, 'renewed');
  assert.deepEqual(certificates.source()?.cert, await readFile(second.cert));
  assert.deepEqual(certificates.source()?.key, await readFile(second.key));
  assert.deepEqual(before?.cert, await readFile(first.cert), 'a handshake under way keeps what it has');
});

test('a pair that is replaced by halves, or not whole, is not taken, and said to be so once a change', async () => {
  const [first, second] = made as [CertificateFiles, CertificateFiles];
  const files = await pair(first);
  const certificates = await opened(files);
  const before = certificates.source();
  const cert = await readFile(second.cert);
  const key = await readFile(second.key);
  const refuse = async (reason: RegExp): Promise<void> => {
    const [once] = await certificates.reread();
    assert.ok(once?.type === 'refused' && !once.again);
    assert.match(once.reason, reason);
    assert.doesNotMatch(once.reason, /PRIVATE KEY|[A-Za-z0-9+/]{40}/, 'nothing of the key');
    const [twice] = await certificates.reread();
    assert.ok(twice?.type === 'refused' && twice.again);
    assert.equal(certificates.source(), before);
  };
  await writeFile(files.cert, cert);
  await refuse(/^tls\.key: .* is not the key of/);
  for (const length of [0, 10, 27, 28, 100, cert.length - 30, cert.length - 2]) {
    await writeFile(files.cert, cert.subarray(0, length));
    await refuse(/^tls\.cert: .* (is not whole|is not a certificate)/);
  }
  // A chain of which the leaf is whole already.
  await writeFile(files.cert, Buffer.concat([cert, cert.subarray(0, 200)]));
  await refuse(/is not whole: certificate 2 in it has no end/);
  await writeFile(files.cert, cert);
  for (const length of [0, 10, key.length - 30]) {
    await writeFile(files.key, key.subarray(0, length));
    await refuse(/^tls\.key: .* not a private key in PEM form, or not whole/);
  }
  await rm(files.key);
  await refuse(/^tls\.key: .* no such file/);
  await writeFile(files.key, key);
  assert.equal((await certificates.reread())[0]?.type, 'renewed');
});

test('one pair that is wrong does not keep another from being renewed', async () => {
  const [first, second, wild] = made as [CertificateFiles, CertificateFiles, CertificateFiles];
  const [one, two] = [await pair(first), await pair(wild)];
  const certificates = await opened(one, two);
  await writeFile(one.cert, 'nonsense');
  await copy(second, two);
  assert.deepEqual(
    (await certificates.reread()).map(({ type }) => type),
    ['refused', 'renewed'],
  );
});

test('which one a client gets (TLS-19)', async () => {
  const [first, , wild] = made as [CertificateFiles, CertificateFiles, CertificateFiles];
  const named = [
    { files: first, where: 'tls' },
    { files: wild, where: 'tls.also[0]' },
  ] as const;
  const lenient = await Certificates.open(named, USUAL);
  const [of, other] = lenient.all.map(({ context }) => context);
  assert.equal(lenient.source(), of);
  assert.equal(lenient.source('one.example'), of);
  assert.equal(lenient.source('two.example'), other);
  assert.equal(lenient.source('localhost'), of, 'both have it');
  assert.equal(lenient.source('elsewhere.test'), of);
  const strict = await Certificates.open(named, { ...USUAL, refuseUnknownNames: true });
  assert.equal(strict.source('elsewhere.test'), undefined);
  assert.equal(strict.source(), strict.all[0]?.context, 'a client that names nobody is not refused');
});

test('what is wrong at the start is said by the name of its setting', async () => {
  const [first, second] = made as [CertificateFiles, CertificateFiles];
  await assert.rejects(
    opened(first, { cert: second.cert, key: first.key }),
    /^Failure: tls\.also\[0\]\.key: .* is not the key/,
  );
});
