import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pairUp } from './pairs.ts';
import { bare, kept, listed } from './situation.test-support.ts';

/** `1a`: letter 1 is record a. */
function pairs(sizes: readonly (number | undefined)[], records: Parameters<typeof pairUp>[1]): string[] {
  const letters = sizes.map((octets, index) => ({ letter: { ...listed(index + 1, undefined), octets } }));
  return pairUp(letters, records).map(([{ letter }, { key }]) => `${letter.number}${key}`);
}

test('as many letters as records are these, by size where they can be told by it', () => {
  const a = kept('a', { declaredOctets: 10 });
  const b = kept('b', { declaredOctets: 20 });
  assert.deepEqual(pairs([10, 20], [a, b]), ['1a', '2b']);
  assert.deepEqual(pairs([20, 10], [a, b]), ['1b', '2a']);
  assert.deepEqual(pairs([undefined, undefined], [a, b]), ['1a', '2b']);
  assert.deepEqual(pairs([11, 21], [a, b]), ['1a', '2b'], 'sizes may change');
});

test('of more letters than records the sizes tell which are new, or nobody is known', () => {
  const a = kept('a', { declaredOctets: 10 });
  assert.deepEqual(pairs([20, 10], [a]), ['2a']);
  assert.deepEqual(pairs([10, 10], [a]), []);
  assert.deepEqual(pairs([20, 30], [a]), []);
  assert.deepEqual(pairs([10, 10, 20], [a, kept('b', { declaredOctets: 20 })]), ['3b']);
  assert.deepEqual(pairs([10, 10, 20], [a]), [], 'the record may be of one of the first two');
});

test('of fewer letters than records, one that was not fetched is there', () => {
  const a = kept('a', { declaredOctets: 10 });
  const b = bare('b', { state: 'listed', kept: undefined, declaredOctets: 10 });
  assert.deepEqual(pairs([10], [a, b]), ['1b']);
  assert.deepEqual(pairs([undefined], [a, b]), ['1b']);
});
