import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { saslprep } from './saslprep.ts';

const cases: readonly [string, string | undefined, string][] = [
  ['I\u00adX', 'IX', 'a soft hyphen is mapped to nothing'],
  ['user', 'user', 'no change'],
  ['USER', 'USER', 'case is kept'],
  ['\u00aa', 'a', 'NFKC'],
  ['\u2168', 'IX', 'NFKC'],
  ['\u0007', undefined, 'a control character is prohibited'],
  ['\u0627\u0031', undefined, 'right-to-left text must end with a right-to-left character'],
];

for (const [given, expected, why] of cases) {
  test(`${JSON.stringify(given)}: ${why} (RFC 4013 §3, PREP-01, PREP-02)`, () => {
    assert.equal(saslprep(given, 'query'), expected);
    assert.equal(saslprep(given, 'stored'), expected);
  });
}

test('spaces beyond ASCII become a space, joiners and variation selectors nothing (PREP-01)', () => {
  assert.equal(saslprep('a\u00a0b\u3000c', 'query'), 'a b c');
  assert.equal(saslprep('a\u200d\ufe0f\ufeffb', 'query'), 'ab');
  assert.equal(saslprep('\u00ad', 'query'), '');
});

test('each prohibited table is refused (RFC 4013 §2.3)', () => {
  const prohibited = [
    '\0',
    '\x7f',
    '\u0085',
    '\u06dd',
    '\ue000',
    '\ufdd0',
    '\u{1fffe}',
    '\ud800',
    '\ufffd',
    '\u2ff0',
  ].concat(['\u202e', '\u206a', '\u{e0001}', '\u{e0041}', '\u{f0000}', '\u{10fffd}']);
  for (const character of prohibited) {
    assert.equal(saslprep(`a${character}b`, 'query'), undefined, character.codePointAt(0)?.toString(16));
  }
});

test('right-to-left text stands alone (RFC 3454 §6)', () => {
  assert.equal(saslprep('\u0627\u0031\u0628', 'query'), '\u0627\u0031\u0628');
  assert.equal(saslprep('\u0627a\u0628', 'query'), undefined);
  assert.equal(saslprep('1\u0627', 'query'), undefined);
});

test('a code point younger than Unicode 3.2 is refused in stored text only (RFC 3454 §7)', () => {
  assert.equal(saslprep('\u0221', 'query'), '\u0221');
  assert.equal(saslprep('\u0221', 'stored'), undefined);
  assert.equal(saslprep('\u{1f4ee}', 'query'), '\u{1f4ee}');
});

test('e with acute is one name, composed or not (UTF-08)', () => {
  assert.equal(saslprep('e\u0301', 'query'), saslprep('\u00e9', 'query'));
});

test('what is prepared stays as it is when prepared again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const prepared = saslprep(text, 'stored');
      if (prepared !== undefined) assert.equal(saslprep(prepared, 'stored'), prepared);
    }),
    { numRuns: 2_000 },
  );
});
