import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressesIn } from './envelope-addresses.ts';

const read = (text: string, prefix = '') => addressesIn(Buffer.from(text).toString('latin1'), prefix);

test('one address, bare or in brackets', () => {
  assert.deepEqual(read('Anna@Example.org'), ['Anna@Example.org']);
  assert.deepEqual(read('<anna@example.org>'), ['anna@example.org']);
  assert.deepEqual(read(' < anna@example.org>'), undefined);
  assert.deepEqual(read('"a, b"@example.org'), ['"a, b"@example.org']);
  assert.deepEqual(read('anna'), ['anna'], 'a local-part alone is one, as in RCPT');
  assert.deepEqual(read('anna@bücher.example'), ['anna@xn--bcher-kva.example']);
});

test("several, as Exim's Envelope-to has them, each once", () => {
  assert.deepEqual(read('anna@example.org, <bert@example.org>,ANNA@example.org'), [
    'anna@example.org',
    'bert@example.org',
  ]);
  assert.deepEqual(read('anna@example.org, nobody at all'), undefined, 'all of it or nothing');
});

test('the prefix is left out where it stands, whatever its case (qmail)', () => {
  assert.deepEqual(read('Example.org-anna@example.org', 'example.org-'), ['anna@example.org']);
  assert.deepEqual(read('<example.org-anna@example.org>', 'example.org-'), ['anna@example.org']);
  assert.deepEqual(read('anna@example.org', 'example.org-'), ['anna@example.org']);
  assert.deepEqual(read('example.org-@example.org', 'example.org-'), undefined);
});

test('no address is picked out of a text', () => {
  for (const text of [
    '',
    ' ',
    ',',
    '<>',
    'Anna <anna@example.org>',
    'anna@example.org (Anna)',
    'for anna@example.org; Tue',
    'anna @example.org',
    'anna@@example.org',
    'änna@example.org',
    'anna@example.org\x1b[31m',
    'x'.repeat(2_000),
    `${'a@b.c,'.repeat(101)}`,
  ]) {
    assert.equal(read(text), undefined, JSON.stringify(text));
  }
  assert.equal(addressesIn('anna\xff@example.org', ''), undefined, 'neither ASCII nor UTF-8');
});

test('a text that is meant to take long does not', { timeout: 20_000 }, () => {
  assert.equal(read('"\\'.repeat(4_000)), undefined);
  assert.equal(read('"'.repeat(1_000_000)), undefined);
});
