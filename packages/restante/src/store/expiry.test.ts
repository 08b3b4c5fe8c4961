import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Maildrop } from '@restante/pop/maildrop';
import type { Retention } from '../accounts/retention.ts';
import { by, folder, idsOf, letterOf, office, place, reopen } from './office.test.kit.ts';
import type { DurableStore } from './store.ts';

const DAY = 86_400_000;
const thirty: { retention: Retention } = { retention: { expire: 30, expireFetched: null } };

/** How many letters there are. */
function count(store: DurableStore, name = 'anna'): number {
  const maildrop = store.openMaildrop(name);
  maildrop.close();
  return maildrop.count;
}

/** A store whose clock is held. */
async function scene(t: Parameters<typeof office>[0], limits = thirty) {
  const time = { now: 100 * DAY };
  const data = folder(t);
  const options = { data, now: () => time.now, limits };
  const store = await office(t, ['anna', 'bert'], options);
  await store.announceRetention();
  // Letters that were there before anything was said are another test's.
  time.now += 1;
  return { store, time, data, options };
}

test('letters leave when their days are over, no moment earlier, and can be brought back (EXT-26)', async (t) => {
  const { store, time } = await scene(t);
  for (let sent = 0; sent < 40; sent += 1) await place(store, 'anna', letterOf(500));
  time.now += DAY;
  const later = await place(store, 'anna', letterOf(500));
  time.now += 29 * DAY - 1;
  assert.equal((await store.maintain()).expired, 0);
  time.now += 1;
  const session = store.openMaildrop('anna');
  assert.equal((await store.maintain()).expired, 40);
  assert.deepEqual(await idsOf(store, 'anna'), [later.uniqueId]);
  assert.equal((await session.entries(1, 1))[0]?.number, 1, 'a session goes on seeing them');
  session.close();
  const { letters } = await store.expunged('anna', {});
  assert.equal(letters[0]?.session, 'expire');
  assert.equal(await store.undelete('anna', {}, by), 40);
  assert.equal((await store.maintain()).expired, 0, 'their days begin anew');
  time.now += 30 * DAY;
  assert.equal((await store.maintain()).expired, 41);
});

test('an account keeps its letters as its own policy says', async (t) => {
  const { store, time } = await scene(t);
  await store.editPolicy('anna', { set: { expire: null }, unset: [] });
  await store.editPolicy('bert', { set: { expire: 5 }, unset: [] });
  time.now += 1;
  for (const name of ['anna', 'bert']) await place(store, name, letterOf(500));
  time.now += 5 * DAY;
  assert.equal((await store.maintain()).expired, 1);
  time.now += 500 * DAY;
  assert.equal((await store.maintain()).expired, 0);
  assert.deepEqual([count(store), count(store, 'bert')], [1, 0]);
});

test('a policy or setting that becomes shorter takes nothing back from letters that are there, also over a restart', async (t) => {
  const { store, time, options } = await scene(t);
  await place(store, 'anna', letterOf(500));
  await place(store, 'bert', letterOf(500));
  time.now += DAY;
  await store.editPolicy('anna', { set: { expire: 5 }, unset: [] });
  await place(store, 'anna', letterOf(500));
  await store.close();
  const shorter = { ...options, limits: { retention: { expire: 3, expireFetched: null } } };
  const again = await reopen(t, options.data, shorter);
  await again.announceRetention();
  time.now += 5 * DAY;
  assert.equal((await again.maintain()).expired, 1, 'the one that came when five days were told');
  await place(again, 'bert', letterOf(500));
  time.now += 3 * DAY;
  assert.equal((await again.maintain()).expired, 1, 'bert’s second letter');
  time.now = 130 * DAY + 1;
  assert.equal((await again.maintain()).expired, 2, 'the first ones');
  assert.deepEqual([count(again), count(again, 'bert')], [0, 0]);
});

test('where nothing was to be removed, the days of what is there count from the change on', async (t) => {
  const { store, time } = await scene(t, { retention: { expire: null, expireFetched: null } });
  await place(store, 'anna', letterOf(500));
  time.now += 300 * DAY;
  assert.equal((await store.maintain()).expired, 0);
  await store.editPolicy('anna', { set: { expire: 10 }, unset: [] });
  time.now += 10 * DAY - 1;
  assert.equal((await store.maintain()).expired, 0);
  time.now += 1;
  assert.equal((await store.maintain()).expired, 1);
});

test('an imported letter is kept from when it came here, however old it is', async (t) => {
  const { store, time } = await scene(t);
  const delivery = store.beginImport({ maildrop: 'anna', key: 'old', arrived: DAY });
  await delivery.write(letterOf(500));
  await Promise.all(delivery.commit());
  time.now += 30 * DAY - 1;
  assert.equal((await store.maintain()).expired, 0);
  time.now += 1;
  assert.equal((await store.maintain()).expired, 1);
});

test('EXPIRE 0: what was retrieved leaves at QUIT, nothing else does, and not without QUIT (EXT-27)', async (t) => {
  const { store, time } = await scene(t);
  await place(store, 'anna', letterOf(500));
  time.now += 1;
  await store.editPolicy('anna', { set: { expire: 0 }, unset: [] });
  time.now += 1;
  for (let sent = 0; sent < 3; sent += 1) await place(store, 'anna', letterOf(500));
  const ids = await idsOf(store, 'anna');
  const lost: Maildrop = store.openMaildrop('anna');
  lost.close({ end: 'closed', retrieved: [2], viewed: [] });
  const maildrop = store.openMaildrop('anna');
  await maildrop.expunge([4], by, { retrieved: [1, 2], viewed: [3] });
  maildrop.close();
  assert.deepEqual(await idsOf(store, 'anna'), [ids[0], ids[2]], 'the first came when thirty days were told');
  time.now += 400 * DAY;
  assert.equal((await store.maintain()).expired, 0);
  const other = store.openMaildrop('anna');
  await other.expunge([], by, { retrieved: [1], viewed: [] });
  other.close();
  assert.deepEqual(await idsOf(store, 'anna'), [ids[2]]);
});

test('days that count from when a letter was first fetched, and QUIT was said (EXT-26)', async (t) => {
  const { store, time } = await scene(t, { retention: { expire: null, expireFetched: 7 } });
  for (let sent = 0; sent < 4; sent += 1) await place(store, 'anna', letterOf(500));
  const ids = await idsOf(store, 'anna');
  const fetch = async (retrieved: readonly number[], marked: readonly number[] = []) => {
    const maildrop = store.openMaildrop('anna');
    await maildrop.expunge(marked, by, { retrieved, viewed: [2] });
    maildrop.close();
  };
  time.now += 3 * DAY;
  await fetch([1, 3], [4]);
  time.now += DAY;
  await fetch([1]);
  time.now += 6 * DAY - 1;
  assert.equal((await store.maintain()).expired, 0);
  time.now += 1;
  assert.equal((await store.maintain()).expired, 2);
  assert.deepEqual(await idsOf(store, 'anna'), [ids[1]]);
  time.now += 900 * DAY;
  assert.equal((await store.maintain()).expired, 0, 'it was never fetched');
  await store.undelete('anna', { uniqueIds: ids.slice(0, 1) }, by);
  assert.equal((await store.maintain()).expired, 0, 'a letter that came back is new');
});

test('what accounts have of their own in the terms of CAPA is known at once (EXT-20, EXT-26)', async (t) => {
  const { store } = await scene(t);
  assert.deepEqual(store.ownTerms(), [{}]);
  await store.editPolicy('anna', { set: { expire: null, loginDelay: 60, quotaOctets: 5 }, unset: [] });
  assert.deepEqual(store.ownTerms(), [{}, { expire: null, loginDelay: 60 }]);
  await store.editPolicy('bert', { set: { expire: 7, expireFetched: 3, loginDelay: 0 }, unset: [] });
  assert.deepEqual(
    new Set(store.ownTerms()),
    new Set([
      { expire: 7, expireFetched: 3, loginDelay: 0 },
      { expire: null, loginDelay: 60 },
    ]),
  );
  await store.remove('bert');
  assert.deepEqual(store.ownTerms(), [{ expire: null, loginDelay: 60 }]);
});
