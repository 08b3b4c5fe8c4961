import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Spread } from './spread.ts';

const BOUNDS = [1, 2.5, 10];

test('a value counts for every bound that it does not pass, and one beyond all of them counts too', () => {
  const spread = new Spread(BOUNDS);
  for (const value of [0, 1, 1.5, 2.5, 2.6, 11]) spread.add(value);
  assert.deepEqual(spread.read(), { bounds: BOUNDS, upTo: [2, 4, 5], count: 6, sum: 18.6 });
});

test('it agrees with counting each value against each bound', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (values) => {
      const spread = new Spread(BOUNDS);
      for (const value of values) spread.add(value);
      const { upTo, count, sum } = spread.read();
      assert.deepEqual(
        upTo,
        BOUNDS.map((bound) => values.filter((value) => value <= bound).length),
      );
      assert.equal(count, values.length);
      assert.equal(
        sum,
        values.reduce((total, value) => total + value, 0),
      );
    }),
  );
});

test('two on the same memory see the same', () => {
  const memory = Spread.memory(BOUNDS);
  const [ours, theirs] = [new Spread(BOUNDS, memory), new Spread(BOUNDS, memory)];
  ours.add(2);
  assert.equal(theirs.read().count, 1);
});
