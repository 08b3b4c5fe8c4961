import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeBase64, encodeBase64 } from './base64.ts';

test('the vectors of RFC 4648 §10', () => {
  for (const [plain, text] of [
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foobar', 'Zm9vYmFy'],
  ] as const) {
    assert.equal(decodeBase64(text)?.toString(), plain);
    assert.equal(encodeBase64(Buffer.from(plain)), text);
  }
});

test('what Buffer would forgive is refused (AUTH-12)', () => {
  const wrong = [
    'Zg',
    'Zg=',
    'Zm8',
    'Z',
    'Zm 9v',
    ' Zm9v',
    'Zm9v\n',
    'Zm9v ',
    'Zm-_',
    '=AAA',
    'AAA=BBB=',
    '=',
    '====',
  ].concat(['Zg==Zg==', 'Zm9v=', 'Zm9v====', '*', 'Zm9v\0', 'Zm9vé', 'QUIT!', 'Zh==', 'Zm9=']);
  for (const text of wrong) assert.equal(decodeBase64(text), undefined, JSON.stringify(text));
});

test('what was encoded is decoded', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (octets) => {
      assert.deepEqual(decodeBase64(encodeBase64(octets)), Buffer.from(octets));
    }),
  );
});

test('whatever is decoded is the one encoding of its octets', () => {
  const text = fc.string({ unit: fc.constantFrom('A', 'Q', 'b', '9', '+', '/', '=', '-', ' ') });
  fc.assert(
    fc.property(text, (given) => {
      const octets = decodeBase64(given);
      if (octets !== undefined) assert.equal(encodeBase64(octets), given);
    }),
  );
});

test('12 KB are decoded at once (AUTH-14)', () => {
  assert.equal(decodeBase64('QUFB'.repeat(3_072))?.length, 9_216);
});
