import assert from 'node:assert/strict';
import { test } from 'node:test';
import { office } from './office.test.kit.ts';
import type { DurableStore } from './store.ts';

const LETTER = Buffer.from('Subject: one\r\n\r\n1\r\n');

async function deliver(store: DurableStore, maildrop: string): Promise<void> {
  const delivery = store.beginDelivery({ returnPath: '', recipients: [{ maildrop, trace: Buffer.alloc(0) }] });
  await delivery.write(LETTER);
  await Promise.all(delivery.commit());
}

test('each commit is counted with its letters, and only those that came about', async (t) => {
  const store = await office(t, ['anna']);
  await deliver(store, 'anna');
  await Promise.all(Array.from({ length: 40 }, () => deliver(store, 'anna')));
  const { letters, milliseconds } = store.pace();
  assert.equal(letters.sum, 41);
  assert.ok(letters.count < 41, 'letters that wait together are committed together');
  assert.equal(milliseconds.count, letters.count);
  assert.ok(milliseconds.sum > 0);
});

test('the writer says whether a letter can be taken', async (t) => {
  const pretendFree = new SharedArrayBuffer(8);
  const free = new BigInt64Array(pretendFree);
  Atomics.store(free, 0, 10n ** 9n);
  const store = await office(t, ['anna'], { pretendFree, limits: { reserve: 1000, reserveFile: 0 } });
  assert.equal(await store.isWritable(), true);
  Atomics.store(free, 0, 1000n);
  await deliver(store, 'anna');
  assert.equal(await store.isWritable(), false, 'all was done to make room, and there is none');
  await store.close();
  await assert.rejects(store.isWritable(), { message: 'the store is closed' });
});

test('the delay of the writer’s event loop is watched where that is asked for', async (t) => {
  assert.equal((await office(t, [])).writerDelay, undefined);
  const { writerDelay } = await office(t, [], { watchDelay: true });
  assert.ok(writerDelay !== undefined);
  while (writerDelay.count === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(writerDelay.max > 0);
});
