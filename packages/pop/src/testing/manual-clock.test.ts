import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock, turns } from './manual-clock.ts';

test('timers ring in the order in which they are due, each at its own time', async () => {
  const clock = new ManualClock(0);
  const rung: [string, number][] = [];
  clock.set(() => rung.push(['late', clock.now()]), 300);
  clock.set(() => rung.push(['early', clock.now()]), 100);
  clock.set(() => rung.push(['never', clock.now()]), 200).clear();
  await clock.advance(99);
  assert.deepEqual(rung, []);
  await clock.advance(201);
  assert.deepEqual(rung, [
    ['early', 100],
    ['late', 300],
  ]);
  assert.equal(clock.now(), 300);
  assert.equal(clock.pending, 0);
});

test('what a timer sets when it rings may ring in the same advance', async () => {
  const clock = new ManualClock(0);
  let rings = 0;
  const again = () => {
    rings += 1;
    void Promise.resolve().then(() => clock.set(again, 60_000));
  };
  clock.set(again, 60_000);
  await clock.advance(600_000);
  assert.equal(rings, 10);
});

test('a timer of 0 ms rings by itself, but not at once', async () => {
  const clock = new ManualClock();
  let rung = false;
  clock.set(() => {
    rung = true;
  }, 0);
  assert.equal(rung, false);
  await turns();
  assert.equal(rung, true);
});
