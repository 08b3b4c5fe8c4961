import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Placed, StoreError } from '@restante/pop/maildrop';
import type { ImportedLetter } from './import.ts';
import { by, expunge, folder, idsOf, letterOf, office, place, reopen, whole } from './office.test.kit.ts';
import type { DurableStore } from './store.ts';

const long = 1_000_000_000_000;

test('an imported letter keeps its octets, its time of arrival and the unique-id that it had', async (t) => {
  const store = await office(t, ['anna']);
  const before = Date.now();
  await place(store, 'anna', 'A: b\r\n\r\n');
  const sent = [letterOf(500, 'small'), letterOf(3_000_000, 'large'), Buffer.alloc(0)];
  const answers: (Placed | StoreError)[] = [];
  for (const [number, letter] of sent.entries()) {
    const terms = {
      maildrop: 'anna',
      arrived: long + number + 0.5,
      uniqueId: `0000000${number}4a!`,
      key: `k${number}`,
    };
    answers.push(await bring(store, terms, letter));
  }
  const [first, second, third] = answers;
  assert.deepEqual(first, { uniqueId: '00000000' + '4a!', octets: 500 });
  assert.deepEqual(
    [second, third].map((answer) => placed(answer).octets),
    [3_000_000, 0],
  );
  const maildrop = store.openMaildrop('anna');
  assert.deepEqual((await idsOf(store, 'anna')).slice(1), ['000000004a!', '000000014a!', '000000024a!']);
  for (const [index, letter] of sent.entries()) assert.deepEqual(await whole(maildrop, index + 2), letter);
  const [now, ...times] = await maildrop.arrivals(1, 4);
  assert.deepEqual(times, [long, long + 1, long + 2]);
  assert.ok(now !== undefined && now >= before);
});

test('a letter without a unique-id of its own gets a new one', async (t) => {
  const store = await office(t, ['anna']);
  const { uniqueId } = placed(await bring(store, { maildrop: 'anna', arrived: long, key: 'k' }));
  assert.match(uniqueId, /^[A-Za-z0-9_-]{22}$/);
  assert.deepEqual(await idsOf(store, 'anna'), [uniqueId]);
});

test('the same letter is placed once, however often it is brought, at once or after it has left and been destroyed', async (t) => {
  const data = folder(t);
  const store = await office(t, ['anna', 'bert'], { data });
  const terms = { maildrop: 'anna', arrived: long, key: 'k', uniqueId: 'u1' };
  const answers = await Promise.all([1, 2, 3].map(() => bring(store, terms, letterOf(700))));
  assert.deepEqual(
    answers,
    [1, 2, 3].map(() => ({ uniqueId: 'u1', octets: 700 })),
  );
  assert.deepEqual(await idsOf(store, 'anna'), ['u1']);
  await expunge(store, 'anna', [1]);
  await store.purge(Number.MAX_SAFE_INTEGER);
  await store.close();
  const again = await reopen(t, data);
  assert.deepEqual(await bring(again, terms, letterOf(700)), answers[0]);
  assert.equal(again.openMaildrop('anna').count, 0);
  assert.deepEqual(again.imported('anna', ['j', 'k', 'l']), new Set(['k']));
  assert.deepEqual(again.imported('bert', ['k']), new Set(), 'other maildrops know nothing of it');
  assert.deepEqual(placed(await bring(again, { ...terms, maildrop: 'bert' })).uniqueId, 'u1');
});

test('a unique-id that was ever given in the maildrop is not given again (RFC 1939 §7, P3-56)', async (t) => {
  const store = await office(t, ['anna', 'bert']);
  const give = (uniqueId: string, key: string) => bring(store, { maildrop: 'anna', arrived: long, uniqueId, key });
  const both = await Promise.all([give('u1', 'k1'), give('u1', 'k2')]);
  assert.equal(placed(both[0]).uniqueId, 'u1');
  assert.match(refused(both[1]), /u1/);
  await expunge(store, 'anna', [1]);
  await store.purge(Number.MAX_SAFE_INTEGER);
  refused(await give('u1', 'k3'));
  assert.deepEqual(await store.givenUniqueIds('anna', ['u0', 'u1', 'u2']), new Set(['u1']));
  assert.deepEqual(await store.givenUniqueIds('bert', ['u1']), new Set());
  assert.deepEqual(store.imported('anna', ['k1', 'k2', 'k3']), new Set(['k1']), 'what was refused was not imported');
  assert.equal(placed(await give('u3', 'k3')).uniqueId, 'u3');
});

test('one of ours that the maildrop has is not given to another letter, whether that is there or has left', async (t) => {
  const store = await office(t, ['anna', 'bert']);
  const ours: string[] = [];
  for (let sent = 0; sent < 2_500; sent += 500) {
    const some = Array.from({ length: 500 }, () => place(store, 'anna', 'A: b\r\n\r\n'));
    ours.push(...(await Promise.all(some)).map(({ uniqueId }) => uniqueId));
  }
  const order = await idsOf(store, 'anna');
  await expunge(store, 'anna', [2, 2_400]);
  const give = (uniqueId: string, maildrop = 'anna') =>
    bring(store, { maildrop, arrived: long, uniqueId, key: `again ${uniqueId}` });
  for (const number of [1, 2, 2_400, 2_500]) refused(await give(order[number - 1] ?? ''));
  const later = await place(store, 'anna', 'A: b\r\n\r\n');
  refused(await give(later.uniqueId));
  await expunge(store, 'anna', [3]);
  refused(await give(order[3] ?? ''));
  const other = 'AAAAAAAAAAAAAAAAAAAAAA';
  assert.deepEqual(await store.givenUniqueIds('anna', [order[9] ?? '', other, 'x']), new Set([order[9]]));
  assert.equal(placed(await give(other)).uniqueId, other);
  refused(await bring(store, { maildrop: 'anna', arrived: long, uniqueId: other, key: 'k' }));
  assert.equal(placed(await give(order[0] ?? '', 'bert')).uniqueId, order[0], 'it is free in another maildrop');
});

test('letters are numbered in the order in which they were committed, the large among them too', async (t) => {
  const store = await office(t, ['anna', 'bert'], { limits: { inline: 20_000 } });
  const ours = placed(await bring(store, { maildrop: 'bert', arrived: long, key: 'k' })).uniqueId;
  const ids = Array.from({ length: 60 }, (_, number) => (number === 30 ? ours : `id-${number}`));
  const sent = ids.map((uniqueId, number) => {
    const delivery = store.beginImport({ maildrop: 'anna', arrived: long, uniqueId, key: `k${number}` });
    return { delivery, written: delivery.write(letterOf(number % 7 === 0 ? 400_000 : 100)) };
  });
  for (const { written } of sent) await written;
  const answers = await Promise.all(sent.flatMap(({ delivery }) => delivery.commit()));
  for (const answer of answers) placed(answer);
  assert.deepEqual(await idsOf(store, 'anna'), ids);
});

test('none overtakes one for which there is no room, and mail that comes meanwhile does not wait for it', async (t) => {
  const free = new SharedArrayBuffer(8);
  const setFree = (octets: number) => Atomics.store(new BigInt64Array(free), 0, BigInt(octets));
  const reserve = 1_000_000;
  setFree(10 * reserve);
  const store = await office(t, ['anna', 'bert'], { pretendFree: free, limits: { reserve } });
  setFree(reserve + 2_000);
  const begin = (uniqueId: string, maildrop = 'anna') =>
    bring(store, { maildrop, arrived: long, uniqueId, key: uniqueId }, letterOf(uniqueId === 'large' ? 5_000 : 200));
  const answers = await Promise.all([begin('u1'), begin('large'), begin('u2'), begin('u3', 'bert'), begin('u4')]);
  assert.deepEqual(
    answers.map((answer) => (answer instanceof StoreError ? answer.kind : answer.uniqueId)),
    ['u1', 'no-room', 'no-room', 'u3', 'no-room'],
  );
  setFree(10 * reserve);
  for (const uniqueId of ['u1', 'large', 'u2', 'u4']) placed(await begin(uniqueId));
  assert.deepEqual(await idsOf(store, 'anna'), ['u1', 'large', 'u2', 'u4']);
});

test('one that fails, or is dropped, keeps nobody behind it waiting', async (t) => {
  const store = await office(t, ['anna'], { limits: { letter: 1_000 } });
  const begin = (key: string, uniqueId?: string) =>
    store.beginImport({ maildrop: 'anna', arrived: long, key, ...(uniqueId !== undefined && { uniqueId }) });
  const large = begin('large');
  assert.throws(() => large.write(letterOf(1_001)), { kind: 'too-large' });
  const dropped = begin('dropped');
  await dropped.abort();
  const answers = [large, begin('bad', 'has a space'), begin('good', 'u1')].map((delivery) => delivery.commit()[0]);
  const [first, second, third] = await Promise.all(answers);
  assert.equal((first as StoreError).kind, 'too-large');
  assert.match(refused(second), /has a space/);
  assert.equal(placed(third).uniqueId, 'u1');
});

test('what cannot be a unique-id is refused (P3-54)', async (t) => {
  const store = await office(t, ['anna']);
  for (const uniqueId of ['', 'a b', 'ä', 'x'.repeat(71), 'a\n', '\x7f']) {
    refused(await bring(store, { maildrop: 'anna', arrived: long, uniqueId, key: 'k' }));
  }
  for (const uniqueId of ['!', '~'.repeat(70)]) {
    placed(await bring(store, { maildrop: 'anna', arrived: long, uniqueId, key: uniqueId }));
  }
  assert.equal(store.openMaildrop('anna').count, 2);
});

test('a time that is none is refused, and those beside it are placed', async (t) => {
  const store = await office(t, ['anna']);
  const times = [Number.NaN, long, Number.POSITIVE_INFINITY, 1e300, -long];
  const answers = await Promise.all(
    times.map((arrived) => bring(store, { maildrop: 'anna', arrived, key: `${arrived}` })),
  );
  assert.deepEqual(
    answers.map((answer) => answer instanceof StoreError),
    [true, false, true, true, false],
  );
});

test('a maildrop that is not there is one in every answer', async (t) => {
  const store = await office(t, ['anna']);
  const ours = (await place(store, 'anna', 'A: b\r\n\r\n')).uniqueId;
  for (const uniqueId of ['u1', ours]) {
    const answer = await bring(store, { maildrop: 'nobody', arrived: long, uniqueId, key: 'k' });
    assert.equal((answer as StoreError).kind, 'no-maildrop');
    await assert.rejects(async () => store.givenUniqueIds('nobody', [uniqueId]), { kind: 'no-maildrop' });
  }
  assert.throws(() => store.imported('nobody', ['k']), { kind: 'no-maildrop' });
});

test('more than 1,000 at once is the caller’s mistake', async (t) => {
  const store = await office(t, ['anna']);
  const many = Array.from({ length: 1_001 }, (_, number) => `${number}`);
  assert.throws(() => store.imported('anna', many));
  await assert.rejects(async () => store.givenUniqueIds('anna', many));
  assert.deepEqual(store.imported('anna', many.slice(1)), new Set());
});

test('an account that is removed takes with it what was remembered of its letters', async (t) => {
  const store = await office(t, ['anna']);
  const ours = (await place(store, 'anna', 'A: b\r\n\r\n')).uniqueId;
  const terms = { maildrop: 'anna', arrived: long, uniqueId: 'u1', key: 'k' };
  placed(await bring(store, terms));
  refused(await bring(store, { ...terms, key: 'other', uniqueId: ours }));
  await store.remove('anna');
  await store.add({ name: 'anna', addresses: [], passwordHash: '$none$' });
  assert.deepEqual(store.imported('anna', ['k']), new Set());
  assert.deepEqual(await store.givenUniqueIds('anna', ['u1', ours]), new Set());
  assert.equal(placed(await bring(store, terms)).uniqueId, 'u1');
  assert.deepEqual(await idsOf(store, 'anna'), ['u1']);
});

test('a letter that was imported leaves and comes back like any other', async (t: TestContext) => {
  const store = await office(t, ['anna']);
  placed(await bring(store, { maildrop: 'anna', arrived: long, uniqueId: 'u1', key: 'k' }));
  await expunge(store, 'anna', [1]);
  assert.equal(await store.undelete('anna', {}, by), 1);
  assert.deepEqual(await idsOf(store, 'anna'), ['u1']);
});

async function bring(
  store: DurableStore,
  terms: ImportedLetter,
  letter: Uint8Array = Buffer.from('A: b\r\n\r\n'),
): Promise<Placed | StoreError> {
  const delivery = store.beginImport(terms);
  await delivery.write(letter);
  const answers = await Promise.all(delivery.commit());
  assert.equal(answers.length, 1);
  return answers[0] as Placed | StoreError;
}

function placed(answer: Placed | StoreError | undefined): Placed {
  assert.ok(answer && !(answer instanceof StoreError), String(answer));
  return answer;
}

/** Why it was refused. */
function refused(answer: Placed | StoreError | undefined): string {
  assert.ok(answer instanceof StoreError, 'it was placed');
  assert.equal(answer.kind, 'permanent');
  return answer.message;
}
