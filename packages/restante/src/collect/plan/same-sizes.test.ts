import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sameSizesInOrder } from './same-sizes.ts';

test('the same sizes in the same order are the same letters', () => {
  assert.deepEqual(sameSizesInOrder([1, 2, 3], [1, 2, 3]), [
    [0, 0],
    [1, 1],
    [2, 2],
  ]);
});

test('letters that left and came do not matter, where there are three in a row', () => {
  const found = sameSizesInOrder([2, 3, 4, 9, 7, 8], [1, 2, 3, 4, 5, 7, 8]);
  assert.deepEqual(found, [
    [0, 1],
    [1, 2],
    [2, 3],
  ]);
});

test('a size that occurs again counts beside one that does not', () => {
  assert.deepEqual(sameSizesInOrder([5, 5, 1, 5], [5, 5, 1, 5]).length, 4);
  assert.deepEqual(sameSizesInOrder([5, 5, 5], [5, 5, 5]), [], 'which of them is which?');
});

test('sizes in another order prove nothing, nor does what has no size', () => {
  assert.deepEqual(sameSizesInOrder([3, 2, 1], [1, 2, 3]), []);
  assert.deepEqual(sameSizesInOrder([undefined, undefined, undefined], [undefined, undefined, undefined]), []);
  assert.deepEqual(sameSizesInOrder([1, 2], [1, 2]), [], 'too few');
});

test('whatever the sizes: pairs are of one size, in order, in rows of three, and nobody is in two of them', () => {
  const sizes = fc.array(fc.option(fc.nat(20), { nil: undefined }), { maxLength: 40 });
  fc.assert(
    fc.property(sizes, sizes, (letters, records) => {
      const pairs = sameSizesInOrder(letters, records);
      for (const [index, [letter, record]] of pairs.entries()) {
        assert.ok(letters[letter] !== undefined && letters[letter] === records[record]);
        const next = pairs[index + 1];
        assert.ok(next === undefined || (next[0] > letter && next[1] > record));
        const around = pairs.filter(([one, other]) => Math.abs(one - letter) <= 2 && one - letter === other - record);
        assert.ok(around.length >= 3);
      }
    }),
  );
});
