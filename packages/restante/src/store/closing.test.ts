import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Placed, StoreError } from '@restante/pop/maildrop';
import { deliver, folder, idsOf, letterOf, office, place, reopen, traceOf } from './office.test.kit.ts';

test('when the writer stops, all who wait and all who come are told', async (t) => {
  let told = 0;
  const store = await office(t, ['anna'], {
    faults: { 'deliver.after-commit': { action: 'EIO' } },
    onStopped: () => {
      told += 1;
    },
  });
  const [first] = await deliver(store, ['anna'], letterOf(100));
  const [second] = await deliver(store, ['anna'], letterOf(100));
  for (const answer of [first, second]) assert.equal((answer as StoreError).kind, 'temporary');
  await assert.rejects(store.purge(1), { kind: 'temporary' });
  assert.equal(told, 1);
  // What is there can still be read.
  assert.equal(store.openMaildrop('anna').count, 1);
});

test('what was asked before the store is closed is done, and what comes later is refused at once', async (t) => {
  const data = folder(t);
  const store = await office(t, ['anna'], { data });
  const delivery = store.beginDelivery({ returnPath: '', recipients: [{ maildrop: 'anna', trace: traceOf('anna') }] });
  await delivery.write(letterOf(1_000));
  const early = delivery.commit();
  const closed = store.close();
  await assert.rejects(store.setPassword('anna', '$late'), { kind: 'temporary' });
  const [placed] = await Promise.all(early);
  await closed;
  const again = await reopen(t, data);
  assert.deepEqual(await idsOf(again, 'anna'), [(placed as Placed).uniqueId]);
  assert.equal(again.byName('anna')?.passwordHash, '$none$');
});

test('what is asked of a closed store is refused', async (t) => {
  const store = await office(t, ['anna']);
  const maildrop = store.openMaildrop('anna');
  await store.close();
  assert.throws(() => store.openMaildrop('anna'), { kind: 'temporary' });
  const [answer] = await deliver(store, ['anna'], letterOf(100));
  assert.equal((answer as StoreError).kind, 'temporary');
  await assert.rejects(store.setDisabled('anna', true), { kind: 'temporary' });
  maildrop.close();
});

test('what is asked when the writer has closed the index already is answered', async (t) => {
  const data = folder(t);
  const store = await office(t, ['anna'], { data });
  const closing = store.close();
  await new Promise((resolve) => setImmediate(resolve));
  // This thread stands still until the writer's is through, so that nothing of that is known here yet.
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  const log = join(data, 'index.sqlite-wal');
  for (let times = 0; existsSync(log) && times < 5_000; times += 1) Atomics.wait(nobody, 0, 0, 1);
  let answer: Placed | StoreError | undefined;
  void deliver(store, ['anna'], letterOf(100)).then((answers) => {
    answer = answers[0];
  });
  await closing;
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal((answer as StoreError | undefined)?.kind, 'temporary');
});

test('what a session asks of a closed store fails as any other call of a store does', async (t) => {
  const store = await office(t, ['anna']);
  await place(store, 'anna', letterOf(100));
  const maildrop = store.openMaildrop('anna');
  await maildrop.entries(1, 1);
  await store.close();
  await assert.rejects(async () => maildrop.read(1, 0), StoreError);
});
