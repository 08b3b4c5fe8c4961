import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Address } from '../connection.ts';
import { RunningOffice, temporaryFolder } from '../running-office.ts';
import { isHere, runProgram } from './peer-program.ts';

/** RFC 9325 §4.2: authenticated encryption with forward secrecy, and nothing else (TLS-22, STLS-16). */
const STRONG =
  /^(?:TLS_(?:AES_256_GCM_SHA384|CHACHA20_POLY1305_SHA256|AES_128_GCM_SHA256)|ECDHE-(?:ECDSA|RSA)-(?:AES(?:128|256)-GCM-SHA(?:256|384)|CHACHA20-POLY1305))$/;

const DOORS: readonly (readonly [string, (office: RunningOffice) => Address, readonly string[]])[] = [
  ['POP3S', ({ pop3s }) => pop3s, []],
  ['POP3 with STLS', ({ pop3 }) => pop3, ['--starttls-pop3']],
  ['SMTP with STARTTLS', ({ smtp }) => smtp, ['--starttls-smtp']],
];

test('as sslscan sees it: nothing below TLS 1.2, no weak suite, no renegotiation (TLS-22, STLS-16)', async (t) => {
  if (!isHere(t, 'sslscan')) return;
  const office = await RunningOffice.start();
  t.after(() => office.close());
  for (const [name, door, options] of DOORS) {
    const { host, port } = door(office);
    const scan = await runProgram(
      ['sslscan', '--xml=-', '--no-colour', ...options, `${host}:${port}`],
      temporaryFolder(),
    );
    const xml = scan.stdout.toString();
    const elements = (element: string) =>
      [...xml.matchAll(new RegExp(`<${element} ([^>]*?)/?>`, 'g'))].map(([, attributes = '']) =>
        Object.fromEntries([...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value])),
      );
    const protocols = elements('protocol').map(({ type, version, enabled }) => `${type} ${version} ${enabled}`);
    assert.deepEqual(
      protocols.sort(),
      ['ssl 2 0', 'ssl 3 0', 'tls 1.0 0', 'tls 1.1 0', 'tls 1.2 1', 'tls 1.3 1'],
      `${name}: ${xml}${scan.stderr}`,
    );
    const ciphers = elements('cipher');
    assert.ok(ciphers.length >= 4, `${name}: ${xml}`);
    assert.deepEqual(
      ciphers.filter(({ cipher = '' }) => !STRONG.test(cipher)),
      [],
      name,
    );
    for (const version of ['TLSv1.2', 'TLSv1.3'])
      assert.ok(
        ciphers.some(({ sslversion }) => sslversion === version),
        name,
      );
    // What a client may begin costs us a handshake each time.
    const renegotiation = elements('renegotiation').map(({ supported, secure }) => `${supported}${secure}`);
    assert.deepEqual(renegotiation, ['00'], name);
    // Not told where sslscan's own OpenSSL knows none.
    const compressed = elements('compression').filter(({ supported }) => supported !== '0');
    assert.deepEqual(compressed, [], name);
    assert.deepEqual(
      elements('heartbleed').filter(({ vulnerable }) => vulnerable !== '0'),
      [],
      name,
    );
  }
});
