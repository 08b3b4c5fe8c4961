import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { StoreError } from '@restante/pop/maildrop';
import { by, deliver, expunge, folder, letterOf, office, place, traceOf, whole } from './office.test.kit.ts';

test('when the disk is full mail is refused, what was expunged goes first, and owners read and remove', async (t) => {
  const free = new SharedArrayBuffer(8);
  const octets = new BigInt64Array(free);
  const megabyte = 1024 * 1024;
  Atomics.store(octets, 0, BigInt(100 * megabyte));
  const store = await office(t, ['anna'], { pretendFree: free, limits: { reserve: 10 * megabyte, inline: 100_000 } });
  for (let sent = 0; sent < 3; sent += 1) await place(store, 'anna', letterOf(2_000));
  await expunge(store, 'anna', [1]);
  Atomics.store(octets, 0, BigInt(10 * megabyte));
  const [small] = await deliver(store, ['anna'], letterOf(2_000));
  assert.equal((small as StoreError).kind, 'no-room');
  assert.equal(await store.undelete('anna', {}, by), 0, 'the expunged letter was destroyed before mail was refused');
  const maildrop = store.openMaildrop('anna');
  assert.equal((await whole(maildrop, 1)).length, 2_000 + traceOf('anna').length);
  await maildrop.expunge([1], by);
  maildrop.close();
  await store.setPassword('anna', '$other');
  Atomics.store(octets, 0, BigInt(100 * megabyte));
  assert.ok((await place(store, 'anna', letterOf(2_000))).uniqueId);
});

test('a sender is told before its letter that there is no room, but not while some can be made (SM-21)', async (t) => {
  const free = new SharedArrayBuffer(8);
  const megabyte = 1024 * 1024;
  const setFree = (octets: number) => Atomics.store(new BigInt64Array(free), 0, BigInt(octets));
  setFree(100 * megabyte);
  const store = await office(t, ['anna'], { pretendFree: free, limits: { reserve: 50 * megabyte } });
  await place(store, 'anna', letterOf(2_000));
  assert.equal(store.hasRoom(2_000), true, 'known at once');
  setFree(50 * megabyte + 1_000);
  assert.equal(await store.hasRoom(2_000), true, 'what was expunged has not been destroyed yet');
  const [refused] = await deliver(store, ['anna'], letterOf(2_000));
  assert.equal((refused as StoreError).kind, 'no-room');
  assert.equal(await store.hasRoom(2_000), false);
  assert.equal(await store.hasRoom(900), true);
  await expunge(store, 'anna', [1]);
  assert.equal(await store.hasRoom(2_000), true, 'there is something to destroy again');
  setFree(100 * megabyte);
  assert.equal(await store.hasRoom(2_000), true);
});

test('a large letter leaves the reserve alone while it comes, and what was expunged goes first', async (t) => {
  const free = new SharedArrayBuffer(8);
  const megabyte = 1024 * 1024;
  const setFree = (octets: number) => Atomics.store(new BigInt64Array(free), 0, BigInt(octets));
  setFree(100 * megabyte);
  const data = folder(t);
  const limits = { reserve: 50 * megabyte, inline: 100_000 };
  const store = await office(t, ['anna'], { data, pretendFree: free, limits });
  await place(store, 'anna', letterOf(2_000));
  await expunge(store, 'anna', [1]);
  const delivery = store.beginDelivery({ returnPath: '', recipients: [{ maildrop: 'anna', trace: traceOf('anna') }] });
  await delivery.write(letterOf(2 * megabyte));
  setFree(50 * megabyte);
  await assert.rejects(
    async () => {
      for (let times = 0; times < 3; times += 1) await delivery.write(letterOf(megabyte));
    },
    { kind: 'no-room' },
  );
  assert.equal(await store.undelete('anna', {}, by), 0, 'the expunged letter was destroyed before mail was refused');
  const [answer] = await Promise.all(delivery.commit());
  assert.equal((answer as StoreError).kind, 'no-room');
  assert.deepEqual(readdirSync(join(data, 'incoming')), []);
});

test('what an open session holds is not destroyed to make room: it goes when that has ended', async (t) => {
  const free = new SharedArrayBuffer(8);
  const megabyte = 1024 * 1024;
  const setFree = (octets: number) => Atomics.store(new BigInt64Array(free), 0, BigInt(octets));
  setFree(100 * megabyte);
  const store = await office(t, ['anna'], { pretendFree: free, limits: { reserve: 50 * megabyte } });
  for (let sent = 0; sent < 2; sent += 1) await place(store, 'anna', letterOf(2_000));
  const session = store.openMaildrop('anna');
  await expunge(store, 'anna', [1, 2]);
  setFree(50 * megabyte);
  const refused = async () => ((await deliver(store, ['anna'], letterOf(2_000)))[0] as StoreError).kind;
  assert.equal(await refused(), 'no-room');
  assert.equal((await whole(session, 2)).length, 2_000 + traceOf('anna').length);
  assert.equal((await store.expunged('anna', {})).count, 2);
  session.close();
  assert.equal(await store.purge(Number.MAX_SAFE_INTEGER), 2);
});
