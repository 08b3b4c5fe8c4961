import assert from 'node:assert/strict';
import { test } from 'node:test';
import { announcedDays, keptUntil, leavesAtQuit, retentionOf } from './retention.ts';

const DAY = 86_400_000;

test('an account has what its own policy says, else what the settings say', () => {
  const settings = { expire: 30, expireFetched: null };
  assert.deepEqual(retentionOf({}, settings), settings);
  assert.deepEqual(retentionOf({ expire: null, expireFetched: 7 }, settings), { expire: null, expireFetched: 7 });
});

test('EXPIRE announces the fewest days that a letter may be there (EXT-25, EXT-26)', () => {
  for (const [expire, expireFetched, announced] of [
    [null, null, null],
    [30, null, 30],
    [null, 7, 7],
    [30, 7, 7],
    [5, 7, 5],
    [30, 0, 0],
  ] as const) {
    assert.equal(announcedDays({ expire, expireFetched }), announced);
    assert.equal(leavesAtQuit({ expire, expireFetched }), announced === 0);
  }
});

test('a shorter EXPIRE takes nothing back from letters that were there under a longer one', () => {
  assert.equal(keptUntil(0, 5, []), 5 * DAY);
  const past = [{ days: 30, last: 10 * DAY }];
  assert.equal(keptUntil(9 * DAY, 5, past), 39 * DAY, 'it was told to be there for thirty days');
  assert.equal(keptUntil(10 * DAY, 5, past), 15 * DAY, 'it came later');
  assert.equal(keptUntil(0, 60, past), 60 * DAY, 'longer again');
  const more = [...past, { days: 90, last: 2 * DAY }];
  assert.equal(keptUntil(DAY, 5, more), 91 * DAY, 'whatever was told while it was there');
});

test('where nothing was to be removed, the days count from the change', () => {
  const past = [{ days: null, last: 100 * DAY }];
  assert.equal(keptUntil(0, 5, past), 105 * DAY);
  assert.equal(keptUntil(101 * DAY, 5, past), 106 * DAY);
});
