import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Placed, StoreError } from '@restante/pop/maildrop';
import type { DueWarning } from './index/sqlite/quota-levels.ts';
import { by, deliver, expunge, folder, idsOf, letterOf, office, place, reopen, traceOf } from './office.test.kit.ts';
import type { QuotaRules } from './quota.ts';
import type { DurableStore } from './store.ts';

const NONE: QuotaRules = { octets: null, letters: null, grace: 10, levels: [80, 95] };
const TRACE = traceOf('anna').length;

function limits(quota: Partial<QuotaRules>) {
  return { limits: { quota: { ...NONE, ...quota } } };
}

/** The kinds of the errors, `placed` where there is none. */
function kinds(answers: readonly (Placed | StoreError)[]): string[] {
  return answers.map((answer) => (answer instanceof Error ? answer.kind : 'placed'));
}

/** A letter that takes so many octets of anna's quota. */
function taking(octets: number): Buffer {
  return letterOf(octets - TRACE);
}

async function notice(store: DurableStore, level?: number): Promise<void> {
  const delivery = store.beginNotice({ maildrop: 'anna', trace: traceOf('anna') }, level);
  await delivery.write(letterOf(100));
  assert.deepEqual(kinds(await Promise.all(delivery.commit())), ['placed']);
}

describe('a quota', () => {
  test('is exact to the octet and the letter, trace fields included', async (t) => {
    const store = await office(t, ['anna'], limits({ octets: 10_000, letters: 3, grace: 0 }));
    assert.deepEqual(kinds(await deliver(store, ['anna'], taking(10_001))), ['exceeds-maildrop']);
    assert.deepEqual(kinds(await deliver(store, ['anna'], taking(6_000))), ['placed']);
    assert.deepEqual(kinds(await deliver(store, ['anna'], taking(4_001))), ['over-quota']);
    assert.deepEqual(kinds(await deliver(store, ['anna'], taking(3_999))), ['placed']);
    assert.equal(store.usage('anna').octets, 9_999);
    await expunge(store, 'anna', [1]);
    assert.deepEqual(kinds(await deliver(store, ['anna'], taking(100))), ['placed']);
    assert.deepEqual(kinds(await deliver(store, ['anna'], taking(100))), ['placed']);
    assert.deepEqual(kinds(await deliver(store, ['anna'], taking(100))), ['over-quota'], 'the fourth');
    assert.equal(store.usage('anna').count, 3);
  });

  test('holds among letters of one commit: of many at once those that fit are placed', async (t) => {
    const store = await office(t, ['anna'], limits({ octets: 10_000, grace: 0 }));
    const answers = await Promise.all(Array.from({ length: 40 }, () => deliver(store, ['anna'], taking(1_000))));
    const all = kinds(answers.flat());
    assert.equal(all.filter((kind) => kind === 'placed').length, 10);
    assert.equal(all.filter((kind) => kind === 'over-quota').length, 30);
    assert.deepEqual([store.usage('anna').count, store.usage('anna').octets], [10, 10_000]);
  });

  test('of one keeps a letter from all of its group, and from nobody else (SM-31, SM-35)', async (t) => {
    const store = await office(t, ['anna', 'bert', 'carl'], limits({}));
    await store.editPolicy('bert', { set: { quotaLetters: 0 }, unset: [] });
    const recipient = (maildrop: string, group: number) => ({ maildrop, group, trace: traceOf(maildrop) });
    const delivery = store.beginDelivery({
      returnPath: '',
      recipients: [recipient('anna', 0), recipient('bert', 0), recipient('carl', 1), recipient('anna', 2)],
    });
    await delivery.write(letterOf(100));
    const answers = kinds(await Promise.all(delivery.commit()));
    assert.deepEqual(answers, ['over-quota', 'over-quota', 'placed', 'placed']);
    assert.deepEqual(
      ['anna', 'bert', 'carl'].map((name) => store.usage(name).count),
      [1, 0, 1],
    );
  });

  test('counts a letter once that two groups bring, by the larger of its trace fields', async (t) => {
    const store = await office(t, ['anna'], limits({ octets: 1_000, grace: 0 }));
    const trace = (octets: number) => Buffer.from(`X: ${'x'.repeat(octets - 5)}\r\n`);
    const twice = (content: number) => {
      const recipients = [10, 90].map((octets, group) => ({ maildrop: 'anna', group, trace: trace(octets) }));
      const delivery = store.beginDelivery({ returnPath: '', recipients });
      return Promise.resolve(delivery.write(letterOf(content))).then(() => Promise.all(delivery.commit()));
    };
    assert.deepEqual(kinds(await twice(911)), ['exceeds-maildrop', 'exceeds-maildrop']);
    assert.deepEqual(kinds(await twice(600)), ['placed', 'placed']);
    assert.deepEqual([store.usage('anna').count, store.usage('anna').octets], [1, 610]);
  });

  test('is the account’s own from the moment it is set, over a restart too, until it is unset', async (t) => {
    const data = folder(t);
    const store = await office(t, ['anna'], { data, ...limits({ letters: 1 }) });
    const one = async (at: DurableStore) => kinds(await deliver(at, ['anna'], 'x\r\n'))[0];
    assert.equal(await one(store), 'placed');
    assert.equal(await one(store), 'over-quota');
    await store.editPolicy('anna', { set: { quotaLetters: 2 }, unset: [] });
    assert.equal(await one(store), 'placed');
    assert.equal(await one(store), 'over-quota');
    await store.editPolicy('anna', { set: { quotaLetters: null }, unset: [] });
    assert.equal(await one(store), 'placed');
    await store.close();
    const again = await reopen(t, data, limits({ letters: 1 }));
    assert.equal(await one(again), 'placed');
    await again.editPolicy('anna', { set: {}, unset: ['quotaLetters'] });
    assert.equal(await one(again), 'over-quota');
    await again.remove('anna');
    await again.add({ name: 'anna', addresses: [], passwordHash: '$none$' });
    assert.equal(await one(again), 'placed', 'a new account has a new maildrop');
  });

  test('that shrinks below what is there takes nothing away: all of it can be read and removed', async (t) => {
    const store = await office(t, ['anna'], limits({}));
    for (let letter = 0; letter < 5; letter += 1) await place(store, 'anna', `letter ${letter}\r\n`);
    await store.editPolicy('anna', { set: { quotaLetters: 2 }, unset: [] });
    const maildrop = store.openMaildrop('anna');
    assert.equal(maildrop.count, 5);
    assert.match(`${await maildrop.read(5, 0)}`, /letter 4/);
    await maildrop.expunge([1, 2, 3, 4], by);
    maildrop.close();
    assert.equal(kinds(await deliver(store, ['anna'], 'x\r\n'))[0], 'placed');
    assert.equal(kinds(await deliver(store, ['anna'], 'x\r\n'))[0], 'over-quota');
  });

  test('keeps an import out, which is taken when it is brought again and there is room', async (t) => {
    const store = await office(t, ['anna'], limits({ letters: 1 }));
    const bring = async (key: string) => {
      const delivery = store.beginImport({ maildrop: 'anna', arrived: 1_000, key, uniqueId: `uid-${key}` });
      await delivery.write(Buffer.from(`${key}\r\n`));
      return kinds(await Promise.all(delivery.commit()))[0];
    };
    assert.equal(await bring('a'), 'placed');
    assert.equal(await bring('b'), 'over-quota');
    assert.deepEqual([...store.imported('anna', ['a', 'b'])], ['a']);
    assert.equal(await bring('a'), 'placed', 'it is there: that is no question of room');
    await expunge(store, 'anna', [1]);
    assert.equal(await bring('b'), 'placed');
    assert.deepEqual(await idsOf(store, 'anna'), ['uid-b']);
  });

  test('lets back what fits of what was removed, and says that there is more', async (t) => {
    const store = await office(t, ['anna'], limits({ letters: 4 }));
    const ids: string[] = [];
    for (let letter = 0; letter < 4; letter += 1)
      ids.push((await place(store, 'anna', `letter ${letter}\r\n`)).uniqueId);
    await expunge(store, 'anna', [1, 2, 3, 4]);
    await place(store, 'anna', 'new\r\n');
    await assert.rejects(store.undelete('anna', {}, by), {
      kind: 'over-quota',
      message: /^3 letters are back and the next one does not fit: .* quota is 4.*restante account quota anna/,
    });
    assert.deepEqual((await idsOf(store, 'anna')).slice(1), ids.slice(0, 3));
    await store.editPolicy('anna', { set: { quotaLetters: 5 }, unset: [] });
    assert.equal(await store.undelete('anna', {}, by), 1);
    assert.deepEqual((await idsOf(store, 'anna')).slice(1), ids);
  });
});

describe('the levels of a quota', () => {
  /** An office for ten letters, and what it has told. */
  async function watched(t: Parameters<typeof office>[0], data = folder(t)) {
    const due: DueWarning[] = [];
    const options = { data, ...limits({ letters: 10 }), onFilled: (said: readonly DueWarning[]) => due.push(...said) };
    return { data, options, due, store: await office(t, ['anna'], options) };
  }
  const fill = async (store: DurableStore, letters: number) => {
    for (let letter = 0; letter < letters; letter += 1) await place(store, 'anna', 'x\r\n');
  };
  const dueNow = (store: DurableStore) => store.dueWarnings('', 10);

  test('are told once each as they are reached, and again after they were left', async (t) => {
    const { store, due } = await watched(t);
    await fill(store, 7);
    assert.deepEqual(due, []);
    await fill(store, 1);
    assert.deepEqual(due, [{ account: 'anna', level: 80 }]);
    assert.deepEqual(dueNow(store), due);
    await notice(store, 80);
    assert.deepEqual(dueNow(store), []);
    assert.equal(due.length, 1, 'nine of ten are no new level');
    await fill(store, 1);
    assert.deepEqual(due.slice(1), [{ account: 'anna', level: 95 }]);
    await notice(store, 95);
    assert.equal(store.usage('anna').count, 11, 'what the office writes is placed all the same');
    assert.deepEqual([...store.quotaLevels()], [[95, 1]]);
    await expunge(store, 'anna', [1, 2]);
    assert.deepEqual([...store.quotaLevels()], [[80, 1]]);
    assert.deepEqual(dueNow(store), [], 'of 80 per cent its owner was told');
    await fill(store, 1);
    assert.deepEqual(due.slice(2), [{ account: 'anna', level: 95 }]);
    await expunge(store, 'anna', [1, 2, 3, 4, 5]);
    assert.deepEqual([...store.quotaLevels()], []);
    assert.deepEqual(dueNow(store), []);
    await fill(store, 3);
    assert.deepEqual(due.slice(3), [{ account: 'anna', level: 80 }]);
  });

  test('that are reached together are one', async (t) => {
    const { store, due } = await watched(t);
    await fill(store, 7);
    await Promise.all([1, 2, 3].map(() => place(store, 'anna', 'x\r\n')));
    assert.deepEqual(due.at(-1), { account: 'anna', level: 95 });
    assert.deepEqual(dueNow(store), [{ account: 'anna', level: 95 }]);
  });

  test('outlast a restart, and so does what was told', async (t) => {
    const { store, options, due, data } = await watched(t);
    await fill(store, 8);
    await store.close();
    const second = await reopen(t, data, options);
    assert.deepEqual(dueNow(second), [{ account: 'anna', level: 80 }]);
    await notice(second, 80);
    await second.close();
    const third = await reopen(t, data, options);
    assert.deepEqual(dueNow(third), []);
    await fill(third, 1);
    assert.deepEqual(due.slice(1), [{ account: 'anna', level: 95 }]);
  });

  test('follow the quota itself, and go with the account', async (t) => {
    const { store, due } = await watched(t);
    await fill(store, 5);
    await store.editPolicy('anna', { set: { quotaLetters: 6 }, unset: [] });
    assert.deepEqual(due, [{ account: 'anna', level: 80 }]);
    await store.editPolicy('anna', { set: { quotaLetters: null }, unset: [] });
    assert.deepEqual([...store.quotaLevels()], []);
    await store.editPolicy('anna', { set: { quotaLetters: 5 }, unset: [] });
    assert.deepEqual([...store.quotaLevels()], [[95, 1]]);
    await store.remove('anna');
    assert.deepEqual([...store.quotaLevels()], []);
  });

  test('are those of the settings: a letter about a level that was left since marks nothing', async (t) => {
    const { store, due } = await watched(t);
    await fill(store, 10);
    await expunge(store, 'anna', [1]);
    await notice(store, 95);
    assert.deepEqual(due.at(-1), { account: 'anna', level: 95 });
    assert.deepEqual([...store.quotaLevels()], [[95, 1]], 'by the letter itself');
    assert.deepEqual(dueNow(store), [{ account: 'anna', level: 95 }]);
  });
});
