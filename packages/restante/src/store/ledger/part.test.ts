import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findLetter, packLetters, unpackLetters } from './part.ts';

/** RFC 1939 §7: 1 to 70 octets of 0x21 to 0x7E. */
const uniqueId = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 70,
});
const letter = fc.record(
  { uniqueId, octets: fc.nat(), arrived: fc.integer({ min: -1, max: 4e12 }), became: uniqueId },
  { requiredKeys: ['uniqueId', 'octets', 'arrived'], noNullPrototype: true },
);
const letters = fc.uniqueArray(letter, { selector: (each) => each.uniqueId, maxLength: 20 });

test('letters come back from their text as they were', () => {
  fc.assert(fc.property(letters, (given) => assert.deepEqual(unpackLetters(packLetters(given)), given)));
});

test('a letter is found by its whole unique-id and by no part of one, nor by a number', () => {
  fc.assert(
    fc.property(letters, fc.oneof(uniqueId, fc.constantFrom('0', '1', '!', 'a')), (given, asked) => {
      const text = packLetters(given);
      for (const each of given) assert.deepEqual(findLetter(text, each.uniqueId), each);
      const found = findLetter(text, asked);
      const is = given.find((each) => each.uniqueId === asked) ?? given.find((each) => each.became === asked);
      assert.deepEqual(found, is);
    }),
  );
  const text = packLetters([{ uniqueId: 'abc', octets: 36, arrived: 37 }]);
  for (const part of ['ab', 'bc', 'b', '10', '11']) assert.equal(findLetter(text, part), undefined);
  const renamed = packLetters([
    { uniqueId: 'x', octets: 1, arrived: 12 },
    { uniqueId: 'old', octets: 1, arrived: 2, became: 'c' },
  ]);
  assert.equal(findLetter(renamed, 'c')?.uniqueId, 'old');
});
