import assert from 'node:assert/strict';
import { test } from 'node:test';
import { by, expunge, folder, idsOf, letterOf, office, place, reopen } from './office.test.kit.ts';

const DAY = 86_400_000;

test('a clock that steps back and forth loses no letter, gives no unique-id twice, and changes no order (P3-56)', async (t) => {
  const data = folder(t);
  let now = Date.UTC(2026, 0, 1);
  const options = { data, now: () => now, limits: { undelete: 7 * DAY } };
  let store = await office(t, ['anna'], options);
  const given: string[] = [];
  for (const step of [0, 400 * DAY, -800 * DAY, 3 * DAY, -now, now]) {
    now += step;
    for (let sent = 0; sent < 5; sent += 1) given.push((await place(store, 'anna', letterOf(500, `${sent}`))).uniqueId);
    await store.maintain();
    assert.deepEqual(await idsOf(store, 'anna'), given);
    await store.close();
    store = await reopen(t, data, options);
    assert.deepEqual(await idsOf(store, 'anna'), given);
  }
  assert.equal(new Set(given).size, given.length);
});

test('what was expunged before the clock was set back can be brought back, and goes when its own time has come', async (t) => {
  let now = Date.UTC(2026, 0, 10);
  const store = await office(t, ['anna'], { now: () => now, limits: { undelete: 7 * DAY } });
  const { uniqueId } = await place(store, 'anna', letterOf(500));
  await expunge(store, 'anna', [1]);
  now -= 3 * DAY;
  await place(store, 'anna', letterOf(500));
  await expunge(store, 'anna', [1]);
  assert.equal((await store.maintain()).purged, 0);
  assert.equal(await store.undelete('anna', { uniqueIds: [uniqueId] }, by), 1);
  assert.deepEqual(await idsOf(store, 'anna'), [uniqueId]);
  await expunge(store, 'anna', [1]);
  now += 8 * DAY;
  assert.equal((await store.maintain()).purged, 2);
  assert.equal(await store.undelete('anna', {}, by), 0);
});
