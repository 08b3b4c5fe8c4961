import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressKey, domainKey, parseAddress, writeAddress } from './address.ts';

function keyOf(text: string): string | undefined {
  const path = parseAddress(text);
  return path && addressKey(path.local, path.domain);
}

test('an address is compared without case and quotes, its domain in A-labels (SM-10, SM-45)', () => {
  for (const text of ['Anna.Maria@Example.ORG', '"anna.maria"@example.org', '"ANNA\\.maria"@EXAMPLE.org']) {
    assert.equal(keyOf(text), 'anna.maria@example.org', text);
  }
  for (const text of ['info@münchen.example', 'info@MÜNCHEN.example', 'INFO@xn--mnchen-3ya.example']) {
    assert.equal(keyOf(text), 'info@xn--mnchen-3ya.example', text);
  }
});

test('a domain that looks like a number or a host of a URL is left as it is', () => {
  for (const domain of ['1.2', '0x7f.1', 'a_b.example', '[127.0.0.1]']) assert.equal(domainKey(domain), domain);
});

test('what is no address is none', () => {
  for (const text of ['', '@', '@example.org', 'x@', 'a b@example.org', 'x@exa mple.org', 'ä@example.org', 'x@ .ä']) {
    assert.equal(parseAddress(text), undefined, text);
  }
});

test('what is written of a key is read as the same key', () => {
  const local = fc.string({ minLength: 0, maxLength: 20, unit: fc.constantFrom(...'ab.@"\\ +\'(,') });
  fc.assert(
    fc.property(local, (text) => {
      const key = addressKey(text, 'example.org');
      if (text !== '') assert.equal(keyOf(writeAddress(key)), key);
    }),
  );
  assert.equal(writeAddress('a b@example.org'), '"a b"@example.org');
  assert.equal(writeAddress('@example.org'), '@example.org');
});
