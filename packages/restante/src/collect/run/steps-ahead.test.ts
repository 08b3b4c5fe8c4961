import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FetchStep, StepsAhead } from './steps-ahead.ts';

test('few headers are under way at once, however small or large their letters: each is in memory until it is its turn', () => {
  const steps = Array.from({ length: 100 }, (_, index): FetchStep => {
    const letter = { number: index + 1, octets: 100, uniqueId: `${index}` };
    return { type: 'fetch', letter, key: `${index}`, part: 'headers', known: 'by-listing', why: '', thenDelete: false };
  });
  const { fetches } = new StepsAhead(steps, () => false).take([]);
  assert.equal(fetches.length, 8);
});
