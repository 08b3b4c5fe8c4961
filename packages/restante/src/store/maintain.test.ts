import assert from 'node:assert/strict';
import { test } from 'node:test';
import { by, expunge, letterOf, office, place, whole } from './office.test.kit.ts';

test('maintain destroys what was expunged longer ago than the window, and gives its room back', async (t) => {
  let now = 1_000_000;
  const store = await office(t, ['anna'], {
    now: () => now,
    limits: { undelete: 60_000, segment: 100_000, deadShare: 0.5 },
  });
  for (let sent = 0; sent < 20; sent += 1) await place(store, 'anna', letterOf(20_000, `${sent}`));
  await expunge(store, 'anna', [1, 2, 3, 4, 6, 7, 8, 9]);
  now += 59_999;
  assert.equal((await store.maintain()).purged, 0);
  now += 2;
  const before = await store.status();
  const { purged, compacted } = await store.maintain();
  assert.equal(purged, 8);
  assert.ok(compacted.segments >= 1);
  const after = await store.status();
  assert.ok(after.liveOctets + after.deadOctets < before.liveOctets - 150_000);
  assert.equal(await store.undelete('anna', {}, by), 0);
  const maildrop = store.openMaildrop('anna');
  const subjects: string[] = [];
  for (let number = 1; number <= maildrop.count; number += 1) {
    subjects.push(/Subject: (\d+)/.exec((await whole(maildrop, number)).toString())?.[1] ?? '');
  }
  assert.deepEqual(subjects, ['4', '9', '10', '11', '12', '13', '14', '15', '16', '17', '18', '19']);
});
