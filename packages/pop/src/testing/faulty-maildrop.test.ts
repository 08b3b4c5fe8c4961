import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryMaildrop } from '../maildrop/memory.ts';
import { FaultyMaildrop, type MaildropFaults } from './faulty-maildrop.ts';

const by = { account: 'mrose', session: '1', address: '127.0.0.1' };
const letters = ['Subject: one\r\n\r\n', 'Subject: two\r\n\r\n', 'Subject: three\r\n\r\n'];

function faulty(faults: MaildropFaults) {
  return new FaultyMaildrop(memoryMaildrop(letters), faults);
}

test('without a fault it answers as the maildrop beneath does, at once or later', async () => {
  const atOnce = faulty({});
  const later = faulty({ later: true });
  assert.equal(atOnce.count, 3);
  assert.equal(atOnce.octets, 50);
  const entries = atOnce.entries(1, 3);
  const promised = later.entries(1, 3);
  assert.ok(!(entries instanceof Promise) && promised instanceof Promise);
  assert.deepEqual(
    (await promised).map(({ octets }) => octets),
    entries.map(({ octets }) => octets),
  );
  assert.deepEqual(await later.read(2, 9), atOnce.read(2, 9));
  assert.deepEqual(await later.expunge([1], by), { notRemoved: [] });
});

test('a fault shows from where it is, and goes when it is taken away', async () => {
  const faults: MaildropFaults = {
    entries: { fault: 'temporary', after: 2 },
    read: { number: 2, fault: 'permanent', after: 10 },
    expunge: 'no-room',
  };
  const maildrop = faulty(faults);
  assert.equal((await maildrop.entries(1, 3)).length, 2);
  assert.throws(() => maildrop.entries(3, 3), { name: 'StoreError', kind: 'temporary' });
  assert.equal(Buffer.from(await maildrop.read(2, 0)).toString(), 'Subject: t');
  assert.throws(() => maildrop.read(2, 10), { name: 'StoreError', kind: 'permanent' });
  assert.equal((await maildrop.read(1, 0)).length, 16);
  await assert.rejects(maildrop.expunge([1], by), { name: 'StoreError', kind: 'no-room' });
  faults.expunge = 'bug';
  await assert.rejects(maildrop.expunge([1], by), TypeError);
  faults.expunge = { notRemoved: [2] };
  assert.deepEqual(await maildrop.expunge([1, 2], by), { notRemoved: [2] });
  delete faults.entries;
  assert.equal((await maildrop.entries(3, 3)).length, 1);
});

test('a maildrop that was closed is not to be used', () => {
  const maildrop = faulty({});
  assert.ok(maildrop.open);
  maildrop.close();
  assert.ok(!maildrop.open);
  assert.throws(() => maildrop.entries(1, 1), /after it was closed/);
});
