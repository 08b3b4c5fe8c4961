import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { generate } from 'selfsigned';
import { readSettings } from '../config/read-settings.ts';
import { examineCertificates } from './certificates.ts';

const DAY = 86_400_000;
const NOW = Date.now();
const root = mkdtempSync(join(tmpdir(), 'restante-doctor-'));
after(() => rmSync(root, { recursive: true }));

interface Made {
  readonly cert: string;
  readonly key: string;
}

async function made(name: string, options: { ca?: Made; from?: number; until?: number } = {}): Promise<Made> {
  const { ca, from = NOW - DAY, until = NOW + 90 * DAY } = options;
  const isAuthority = !name.includes('.');
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(from),
    notAfterDate: new Date(until),
    ...(ca !== undefined && { ca }),
    extensions: [
      { name: 'basicConstraints', cA: isAuthority },
      ...(isAuthority ? [] : [{ name: 'subjectAltName' as const, altNames: [{ type: 2 as const, value: name }] }]),
    ],
  });
  return { cert: `${cert}\n`, key };
}

let authority: Made;
let between: Made;
before(async () => {
  authority = await made('Root');
  between = await made('Between', { ca: authority });
});

let files = 0;
async function examined(
  cert: string,
  key: string,
  more = '',
  first = 'hostname = "post.example"\n',
): Promise<readonly string[]> {
  const at = join(root, String(files++));
  writeFileSync(`${at}.pem`, cert);
  writeFileSync(`${at}.key`, key, { mode: 0o600 });
  const text = `${first}tls.cert = "${at}.pem"\ntls.key = "${at}.key"\nlisten.pop3s = "0.0.0.0:995"\n${more}`;
  const read = readSettings({ text, folder: root });
  assert.ok(read.type === 'settings');
  const findings = await examineCertificates({ data: root, settings: read.settings, now: NOW });
  return findings.map(({ level, what }) => `${level} ${what.replaceAll(`${root}/`, '')}`);
}

function has(findings: readonly string[], what: RegExp): void {
  assert.ok(
    findings.some((each) => what.test(each)),
    `${what} is not in\n${findings.join('\n')}`,
  );
}

test('a chain up to a root is whole; one that ends before is told, with a way to mend it', async () => {
  const leaf = await made('post.example', { ca: between });
  const whole = await examined(leaf.cert + between.cert + authority.cert, leaf.key);
  has(whole, /^ok .*its chain: "post\.example", signed by "Between", signed by "Root"/);
  has(whole, /^ok .*is for post\.example/);
  assert.deepEqual(
    whole.filter((each) => !each.startsWith('ok ')),
    [],
  );
  has(await examined(leaf.cert, leaf.key), /^warning .*chain ends with "post\.example", whose issuer no client/);
});

test('a chain in the wrong order, and one that is of somebody else', async () => {
  const leaf = await made('post.example', { ca: between });
  has(await examined(leaf.cert + authority.cert, leaf.key), /^error .*"post\.example" is not signed by "Root"/);
  has(await examined(between.cert + leaf.cert, leaf.key), /^error tls\.cert: .*must have the certificate first/);
});

test('dates, of the certificate and of its chain', async () => {
  const old = await made('post.example', { ca: authority, until: NOW - 1000 });
  has(await examined(old.cert + authority.cert, old.key), /^error .*ran out on/);
  const young = await made('post.example', { ca: authority, from: NOW + DAY });
  has(await examined(young.cert + authority.cert, young.key), /^error .*is good only from/);
  const soon = await made('post.example', { ca: authority, until: NOW + 29 * DAY });
  has(await examined(soon.cert + authority.cert, soon.key), /^warning .*runs out on/);
  const gone = await made('Gone', { ca: authority, until: NOW - 1000 });
  const leaf = await made('post.example', { ca: gone });
  has(await examined(leaf.cert + gone.cert + authority.cert, leaf.key), /^error .*"Gone" in its chain ran out/);
});

test('the name of the office, in any of the certificates', async () => {
  const other = await made('other.example', { ca: authority });
  const chain = other.cert + authority.cert;
  has(
    await examined(chain, other.key),
    /^warning no certificate is for post\.example.*\(they are for other\.example\)/,
  );
  const ours = await made('*.example', { ca: authority });
  writeFileSync(join(root, 'also.pem'), ours.cert + authority.cert);
  writeFileSync(join(root, 'also.key'), ours.key, { mode: 0o600 });
  has(
    await examined(chain, other.key, '[[tls.also]]\ncert = "also.pem"\nkey = "also.key"\n'),
    /^ok also\.pem is for post\.example/,
  );
});

test('a domain that mail programs may call by its name: told, and no fault where they cannot', async () => {
  const ours = await made('post.example', { ca: authority });
  const theirs = await made('mail.club.example', { ca: authority });
  writeFileSync(join(root, 'club.pem'), theirs.cert + authority.cert);
  writeFileSync(join(root, 'club.key'), theirs.key, { mode: 0o600 });
  const also = '[[tls.also]]\ncert = "club.pem"\nkey = "club.key"\n';
  const domains = (...names: readonly string[]) => `domains = ${JSON.stringify(names)}\n`;
  const chain = ours.cert + authority.cert;

  const findings = await examined(chain, ours.key, domains('post.example', 'club.example', 'far.example') + also);
  has(findings, /^ok \S+ is for post\.example$/);
  has(findings, /^ok club\.pem is for mail\.club\.example, by which the domain club\.example can be called$/);
  has(findings, /^ok no certificate is for far\.example: mail programs of people there are to call post\.example$/);
  assert.deepEqual(
    findings.filter((each) => !each.startsWith('ok ')),
    [],
  );

  const many = Array.from({ length: 7 }, (_, index) => `d${index}.example`);
  has(
    await examined(chain, ours.key, domains(...many)),
    /^ok no certificate is for d0\.example,.* d4\.example and 2 more:/,
  );
  const parent = await examined(chain, ours.key, `hostname = "mail.far.example"\n${domains('far.example')}`, '');
  has(parent, /^warning no certificate is for mail\.far\.example/);
  assert.ok(!parent.some((each) => /people there/.test(each)), 'the same is not said twice');
});

test('a key that everybody can read; a self-signed certificate where strangers call', async () => {
  const alone = await made('post.example');
  const findings = await examined(alone.cert, alone.key);
  has(findings, /^warning .*is self-signed: nobody trusts it/);
  chmodSync(join(root, `${files - 1}.key`), 0o644);
  const at = join(root, String(files - 1));
  const read = readSettings({ text: `tls.cert = "${at}.pem"\ntls.key = "${at}.key"`, folder: root });
  assert.ok(read.type === 'settings');
  const again = await examineCertificates({ data: root, settings: read.settings, now: NOW });
  assert.ok(
    again.some(
      ({ level, what, remedy }) =>
        level === 'error' && /everybody.*can read the key/.test(what) && /^chmod/.test(remedy ?? ''),
    ),
  );
});
