import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Maildrop, Placed, StoreError } from '@restante/pop/maildrop';
import { type DurableStore, openStore, type StoreOptions } from './store.ts';

const by = { account: 'anna', session: 's1', address: '192.0.2.1' };

test('a letter comes out as it went in, below its trace fields', async (t) => {
  const store = await office(t);
  await addAccounts(store, 'anna', 'bert');
  const letter = Buffer.from('Subject: hello\r\n\r\n.dot\r\nend\r\n');
  const answers = await deliver(store, ['anna', 'nobody', 'bert', 'anna'], letter);
  assert.equal((answers[1] as StoreError).kind, 'no-maildrop');
  assert.deepEqual(answers[0], answers[3]);
  assert.notEqual((answers[0] as Placed).uniqueId, (answers[2] as Placed).uniqueId);
  for (const name of ['anna', 'bert']) {
    const maildrop = store.openMaildrop(name);
    const expected = Buffer.concat([traceOf(name), letter]);
    const [entry] = await maildrop.entries(1, 1);
    assert.deepEqual(await whole(maildrop, 1), expected);
    assert.equal(maildrop.octets, expected.length);
    assert.equal(entry?.octets, expected.length);
    assert.equal(entry?.body, expected.indexOf('\r\n\r\n') + 4);
    assert.equal(entry?.dotted, true);
    maildrop.close();
  }
});

test('a large letter is streamed to a file of its own and comes out whole', async (t) => {
  const store = await office(t, { limits: { inline: 64 * 1024 } });
  await addAccounts(store, 'anna', 'bert');
  const letter = Buffer.concat([
    Buffer.from('S: x\r\n\r\n'),
    Buffer.alloc(3_000_001, 'abcdefg\r\n'),
    Buffer.from('\r\n'),
  ]);
  await deliver(store, ['anna', 'bert'], letter);
  for (const name of ['anna', 'bert']) {
    const maildrop = store.openMaildrop(name);
    assert.deepEqual(await whole(maildrop, 1), Buffer.concat([traceOf(name), letter]));
    maildrop.close();
  }
  assert.equal((await store.status()).segments, 1);
});

test('what one session expunged is still there for another, and gone for the next; undelete brings it back (P3-62)', async (t) => {
  const store = await office(t);
  await addAccounts(store, 'anna');
  for (const text of ['one', 'two', 'three']) await deliver(store, ['anna'], Buffer.from(`${text}\r\n`));
  const first = store.openMaildrop('anna');
  const second = store.openMaildrop('anna');
  await first.expunge([1, 3], by);
  await second.expunge([1, 2], by);
  assert.equal(await store.purge(Number.MAX_SAFE_INTEGER), 0);
  assert.equal((await whole(second, 3)).toString(), `${traceOf('anna')}three\r\n`);
  const ids = (await second.entries(1, 3)).map(({ uniqueId }) => uniqueId);
  first.close();
  second.close();
  const third = store.openMaildrop('anna');
  assert.deepEqual([third.count, third.octets], [0, 0]);
  third.close();
  assert.equal(await store.undelete('anna', {}, by), 3);
  assert.equal(await store.undelete('anna', {}, by), 0);
  const fourth = store.openMaildrop('anna');
  assert.deepEqual(new Set((await fourth.entries(1, 3)).map(({ uniqueId }) => uniqueId)), new Set(ids));
  fourth.close();
});

async function office(t: TestContext, options: Omit<StoreOptions, 'data'> = {}): Promise<DurableStore> {
  const data = await mkdtemp(join(tmpdir(), 'restante-store-'));
  const store = await openStore({ data, ...options });
  t.after(async () => {
    await store.close();
    await rm(data, { recursive: true });
  });
  return store;
}

async function addAccounts(store: DurableStore, ...names: readonly string[]): Promise<void> {
  for (const name of names) await store.add({ name, addresses: [], passwordHash: '$x$' });
}

function traceOf(name: string): Buffer {
  return Buffer.from(`Delivered-To: ${name}\r\n`);
}

async function deliver(
  store: DurableStore,
  to: readonly string[],
  letter: Buffer,
): Promise<readonly (Placed | StoreError)[]> {
  const recipients = to.map((maildrop) => ({ maildrop, trace: traceOf(maildrop) }));
  const delivery = store.beginDelivery({ returnPath: '', recipients });
  for (let at = 0; at < letter.length; at += 60_000) await delivery.write(letter.subarray(at, at + 60_000));
  return Promise.all(delivery.commit());
}

async function whole(maildrop: Maildrop, number: number): Promise<Buffer> {
  const slices: Uint8Array[] = [];
  for (let at = 0; ; ) {
    const slice = await maildrop.read(number, at);
    if (slice.length === 0) return Buffer.concat(slices);
    slices.push(slice);
    at += slice.length;
  }
}
