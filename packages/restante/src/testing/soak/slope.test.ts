import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { growth, middle, type Point, slope } from './slope.ts';

suite('growth', () => {
  test('the middle of an odd number, of an even one, and of one', () => {
    assert.deepEqual([middle([3, 1, 2]), middle([4, 1, 2, 3]), middle([7])], [2, 2.5, 7]);
  });

  test('is seen under noise, and not where single measures are wild', () => {
    const at = Array.from({ length: 100 }, (_, second) => second);
    const steady = at.map((second): Point => [second, 100 + (second % 7)]);
    assert.ok(Math.abs(growth(steady)) < 2);
    const leaking = at.map((second): Point => [second, 100 + 2 * second + (second % 7)]);
    assert.ok(Math.abs(growth(leaking) - 198) < 5);
    const wild = steady.map(([second, value]): Point => [second, second % 5 === 0 ? value * 40 : value]);
    assert.ok(Math.abs(growth(wild)) < 5);
  });

  test('of fewer than two points there is none', () => {
    assert.deepEqual([slope([]), growth([[3, 5]])], [0, 0]);
  });
});
