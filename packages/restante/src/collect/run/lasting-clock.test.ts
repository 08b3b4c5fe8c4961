import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { lastingClock } from './lasting-clock.ts';

test('a timer of a month does not ring at once, as those of Node do', async (t) => {
  const timer = lastingClock.set(() => assert.fail('it rang'), 31 * 86_400_000);
  t.after(() => timer.clear());
  await setTimeout(20);
});
