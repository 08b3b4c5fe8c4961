import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entry } from './maildrop.ts';
import { memoryMailbox, memoryMaildrop } from './memory.ts';

const by = { account: 'tim', session: '1', address: 'local' };

test('letters are brought into canonical form, and measured in it (P3-44, P3-45)', () => {
  const maildrop = memoryMaildrop(['abc', 'A: b\n\n.\n', Buffer.from('A: b\r\n'), '']);
  const entries = maildrop.entries(1, 4) as Entry[];
  assert.deepEqual(
    entries.map(({ number, octets, body, dotted }) => [number, octets, body, dotted]),
    [
      [1, 5, 5, false],
      [2, 11, 8, true],
      [3, 6, 6, false],
      [4, 0, 0, false],
    ],
  );
  assert.deepEqual([maildrop.count, maildrop.octets], [4, 22]);
  assert.equal(Buffer.from(maildrop.read(2, 6) as Uint8Array).toString(), '\r\n.\r\n');
  assert.equal((maildrop.read(1, 5) as Uint8Array).length, 0);
});

test('unique-ids are good ones, and no two letters share one (P3-54, P3-56)', () => {
  const entries = memoryMaildrop(Array.from({ length: 1_000 }, () => 'alike')).entries(1, 1_000) as Entry[];
  for (const { uniqueId } of entries) assert.match(uniqueId, /^[\x21-\x7e]{1,70}$/);
  assert.equal(new Set(entries.map(({ uniqueId }) => uniqueId)).size, 1_000);
});

test('a session sees what was there when it began; what it expunges is gone for the next (P3-24, P3-62)', async () => {
  const mailbox = memoryMailbox(['one', 'two']);
  const first = mailbox.open();
  const second = mailbox.open();
  mailbox.deliver('three');
  assert.equal(first.count, 2);
  assert.deepEqual(await first.expunge([1], by), { notRemoved: [] });
  assert.deepEqual(await second.expunge([1, 2], by), { notRemoved: [] });
  assert.equal(Buffer.from(second.read(2, 0) as Uint8Array).toString(), 'two\r\n');
  const third = mailbox.open();
  assert.equal(third.count, 1);
  assert.equal(Buffer.from(third.read(1, 0) as Uint8Array).toString(), 'three\r\n');
});

test('long listings come in slices', () => {
  const maildrop = memoryMaildrop(Array.from({ length: 2_500 }, () => ''));
  assert.equal((maildrop.entries(1, 2_500) as Entry[]).length, 1_000);
  assert.equal((maildrop.entries(2_001, 2_500) as Entry[]).length, 500);
});

test('a number that is none is the caller’s fault', () => {
  assert.throws(() => memoryMaildrop(['one']).read(2, 0), RangeError);
  assert.throws(() => memoryMaildrop(['one']).entries(0, 1), RangeError);
});
