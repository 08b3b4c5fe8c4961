import assert from 'node:assert/strict';
import { test } from 'node:test';
import { by, expunge, folder, idsOf, letterOf, office, place, reopen, traceOf } from './office.test.kit.ts';
import type { DurableStore } from './store.ts';

/** Octets of each letter with its trace fields. */
const EACH = 2_000 + traceOf('anna').length;
const limits = { quota: { octets: 3 * EACH, letters: null, grace: 0, levels: [] } };

/** Lifts anna's quota, so that more can be placed than is kept when it leaves; or brings it back. */
function lift(store: DurableStore, lifted: boolean): Promise<void> {
  return store.editPolicy(
    'anna',
    lifted ? { set: { quotaOctets: null }, unset: [] } : { set: {}, unset: ['quotaOctets'] },
  );
}

test('of what was expunged no more is kept than the quota, the oldest goes first', async (t) => {
  const store = await office(t, ['anna', 'bert'], { limits });
  const ids: string[] = [];
  await lift(store, true);
  for (let sent = 0; sent < 5; sent += 1) ids.push((await place(store, 'anna', letterOf(2_000))).uniqueId);
  await lift(store, false);
  await place(store, 'bert', letterOf(2_000));
  await expunge(store, 'bert', [1]);
  await expunge(store, 'anna', [3]);
  await expunge(store, 'anna', [1, 2, 3]);
  // Asked behind the purge that the session's end has brought about.
  await lift(store, true);
  assert.equal(await store.undelete('anna', { newUniqueIds: true }, by), 3);
  assert.equal(await store.undelete('anna', {}, by), 0);
  await lift(store, false);
  await expunge(store, 'anna', [1]);
  assert.deepEqual(
    (await store.expunged('anna', {})).letters.map(({ uniqueId }) => uniqueId),
    [ids[4]],
  );
  assert.equal((await store.expunged('bert', {})).count, 1, 'another maildrop’s own quota');
});

test('an account has the window that its own quota says', async (t) => {
  const store = await office(t, ['anna'], { limits });
  for (let sent = 0; sent < 3; sent += 1) await place(store, 'anna', letterOf(2_000));
  await store.editPolicy('anna', { set: { quotaOctets: EACH }, unset: [] });
  await expunge(store, 'anna', [1, 2, 3]);
  assert.equal(await store.undelete('anna', {}, by), 1);
  await store.editPolicy('anna', { set: { quotaOctets: null }, unset: [] });
  for (let sent = 0; sent < 9; sent += 1) await place(store, 'anna', letterOf(2_000));
  await expunge(store, 'anna', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.equal(await store.undelete('anna', {}, by), 10);
});

test('what an open session holds is not destroyed for the window; it goes when that ends', async (t) => {
  const store = await office(t, ['anna'], { limits });
  await lift(store, true);
  for (let sent = 0; sent < 5; sent += 1) await place(store, 'anna', letterOf(2_000));
  await lift(store, false);
  const reader = store.openMaildrop('anna');
  await expunge(store, 'anna', [1, 2, 3, 4, 5]);
  assert.equal((await reader.read(1, 0)).length, EACH);
  assert.equal((await store.expunged('anna', {})).count, 5);
  // The purge that the other session's end brought about has been tried.
  await store.maintain();
  reader.close();
  await store.compact();
  assert.equal((await store.expunged('anna', {})).count, 3);
});

test('a crash before it leaves it to the next maintenance', async (t) => {
  const data = folder(t);
  const wide = await office(t, ['anna'], { data });
  for (let sent = 0; sent < 5; sent += 1) await place(wide, 'anna', letterOf(2_000));
  await expunge(wide, 'anna', [1, 2, 3, 4, 5]);
  await wide.close();
  const store = await reopen(t, data, { limits });
  assert.equal((await store.maintain()).beyond, 2);
  assert.equal((await store.maintain()).beyond, 0);
  assert.equal(await store.undelete('anna', {}, by), 3);
  assert.equal((await idsOf(store, 'anna')).length, 3);
});

test('what a choice would bring back can be seen before, and what a purge would destroy', async (t) => {
  let now = 1_000;
  const store = await office(t, ['anna', 'bert'], { now: () => now });
  const one = await place(store, 'anna', letterOf(2_000));
  const two = await place(store, 'anna', letterOf(3_000));
  await place(store, 'bert', letterOf(2_000));
  now = 2_000;
  await expunge(store, 'anna', [1]);
  await expunge(store, 'bert', [1]);
  now = 3_000;
  const maildrop = store.openMaildrop('anna');
  await maildrop.expunge([1], { ...by, session: 's2' });
  const first = { ...by, uniqueId: one.uniqueId, octets: one.octets, arrived: 1_000, expunged: 2_000 };
  const second = { ...by, session: 's2', uniqueId: two.uniqueId, octets: two.octets, arrived: 1_000, expunged: 3_000 };
  const octets = one.octets + two.octets;
  assert.deepEqual(await store.expunged('anna', {}), { count: 2, octets, letters: [first, second] });
  assert.deepEqual((await store.expunged('anna', { since: 2_001 })).letters, [second]);
  assert.deepEqual((await store.expunged('anna', { session: 's1' })).letters, [first]);
  assert.deepEqual((await store.expunged('anna', { uniqueIds: [one.uniqueId] })).letters, [first]);
  assert.deepEqual(await store.purgeForecast(3_000), { letters: 2, octets: 2 * one.octets });
  assert.deepEqual(await store.purgeForecast(3_001, 'anna'), { letters: 1, octets: one.octets }, 'one is held');
  assert.equal(await store.purgeMaildrop('anna', 3_001), 1);
  maildrop.close();
  assert.deepEqual(await store.purgeForecast(3_001, 'anna'), { letters: 1, octets: two.octets });
  assert.equal(await store.undelete('anna', {}, by), 1);
  assert.deepEqual(await store.expunged('anna', {}), { count: 0, octets: 0, letters: [] });
  assert.deepEqual(await store.purgeForecast(3_001, 'anna'), { letters: 0, octets: 0 });
  assert.equal((await store.expunged('bert', {})).count, 1);
  await assert.rejects(store.expunged('carl', {}), { kind: 'no-maildrop' });
});
