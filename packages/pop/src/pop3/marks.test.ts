import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Marks } from './marks.ts';

test('any marks are those of a set', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 })), (numbers) => {
      const marks = new Marks(40);
      for (const number of numbers) marks.add(number);
      const set = new Set(numbers);
      assert.equal(marks.size, set.size);
      assert.deepEqual(
        marks.numbers(),
        [...set].sort((a, b) => a - b),
      );
      for (let number = 1; number <= 40; number += 1) assert.equal(marks.has(number), set.has(number));
      marks.clear();
      assert.deepEqual([marks.size, marks.numbers(), marks.has(1)], [0, [], false]);
    }),
  );
});
