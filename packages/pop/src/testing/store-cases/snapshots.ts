import assert from 'node:assert/strict';
import type { Store } from '../../maildrop/store.ts';
import type { StoreCase } from '../store-conformance.ts';
import { entriesFrom, entriesOf, expunge, failsWith, find, findIn, place, soon } from './steps.ts';

/** What a session sees: the mailbox as it was when it was opened, whatever happens meanwhile. */
export const snapshotCases: readonly StoreCase[] = [
  {
    name: 'a mailbox that does not exist is no-maildrop, and one that is empty is empty (P3-43)',
    async run({ store, addMaildrop }) {
      await failsWith('no-maildrop', () => store.openMaildrop('nobody'));
      await addMaildrop('one');
      await failsWith('no-maildrop', () => store.openMaildrop('nobody'));
      assert.deepEqual(await find(store, 'one'), { count: 0, octets: 0, uniqueIds: [], letters: [] });
    },
  },
  {
    name: 'what arrives later does not show, whether or not the numbers were asked for already',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      const sent = await fill(store, 3);
      const asked = await store.openMaildrop('one');
      await entriesOf(asked);
      const unasked = await store.openMaildrop('one');
      await fill(store, 2);
      for (const maildrop of [asked, unasked]) {
        assert.equal(maildrop.count, 3);
        assert.deepEqual((await findIn(maildrop)).letters, sent);
        maildrop.close();
      }
      assert.equal((await find(store, 'one')).count, 5);
    },
  },
  {
    name: 'what another session removes stays as it was, whether or not the numbers were asked for already (P3-46)',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      const sent = await fill(store, 5);
      const asked = await store.openMaildrop('one');
      const before = await findIn(asked);
      const unasked = await store.openMaildrop('one');
      await expunge(store, 'one', [1, 3, 4]);
      await store.purge(soon());
      for (const maildrop of [asked, unasked]) {
        assert.equal(maildrop.count, 5);
        assert.deepEqual(await findIn(maildrop), before);
        maildrop.close();
      }
      assert.deepEqual((await find(store, 'one')).letters, [sent[1], sent[4]]);
    },
  },
  {
    name: 'message-numbers hold for the whole session, and a new one counts from 1 without a gap (P3-42)',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      await fill(store, 6);
      const first = await store.openMaildrop('one');
      const before = await entriesOf(first);
      await expunge(store, 'one', [2]);
      const second = await store.openMaildrop('one');
      await expunge(store, 'one', [1, 5]);
      await fill(store, 1);
      const third = await store.openMaildrop('one');
      assert.deepEqual(await entriesOf(first), before);
      const renumbered = (positions: readonly number[]) =>
        positions.map((position, index) => ({ ...before[position - 1], number: index + 1 }));
      assert.deepEqual(await entriesOf(second), renumbered([1, 3, 4, 5, 6]));
      assert.deepEqual((await entriesOf(third)).slice(0, 3), renumbered([3, 4, 5]));
      assert.equal(third.count, 4);
      for (const maildrop of [first, second, third]) maildrop.close();
    },
  },
  {
    name: 'any range of entries agrees with the whole, in any order of asking',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      await fill(store, 9);
      await expunge(store, 'one', [3, 7]);
      const reference = await store.openMaildrop('one');
      const all = await entriesOf(reference);
      reference.close();
      for (let last = 7; last >= 1; last -= 1) {
        const maildrop = await store.openMaildrop('one');
        for (let first = last; first >= 1; first -= 1) {
          assert.deepEqual(await entriesFrom(maildrop, first, last), all.slice(first - 1, last), `${first} to ${last}`);
        }
        maildrop.close();
      }
    },
  },
  {
    name: 'a long listing comes whole, and so do a few from its middle',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      const placed = await Promise.all(
        Array.from({ length: 2_500 }, (_, index) => place(store, 'one', `A: ${index}\r\n\r\n`)),
      );
      const maildrop = await store.openMaildrop('one');
      assert.equal(maildrop.count, 2_500);
      const middle = await entriesFrom(maildrop, 1_200, 1_203);
      const all = await entriesOf(maildrop);
      assert.deepEqual(middle, all.slice(1_199, 1_203));
      assert.deepEqual(
        all.map(({ uniqueId }) => uniqueId).toSorted(),
        placed.map(({ uniqueId }) => uniqueId).toSorted(),
      );
      maildrop.close();
    },
  },
  {
    name: 'a session that only looks, or that ends without expunge, removes nothing (P3-60)',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      const sent = await fill(store, 3);
      for (let time = 0; time < 3; time += 1) {
        const maildrop = await store.openMaildrop('one');
        assert.deepEqual((await findIn(maildrop)).letters, sent);
        maildrop.close();
      }
      assert.deepEqual((await find(store, 'one')).letters, sent);
    },
  },
  {
    name: 'a snapshot may be closed twice, and other snapshots stay open',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      const sent = await fill(store, 2);
      const [first, second] = [await store.openMaildrop('one'), await store.openMaildrop('one')];
      first.close();
      first.close();
      await expunge(store, 'one', [1, 2]);
      await store.purge(soon());
      assert.deepEqual((await findIn(second)).letters, sent, 'closing twice lets go of one snapshot only');
      second.close();
    },
  },
];

/** Delivers so many different letters to `one`; answers their texts. */
async function fill(store: Store, count: number): Promise<readonly string[]> {
  const sent = Array.from({ length: count }, (_, index) => `Subject: ${index}\r\n\r\n${'x'.repeat(index * 11)}\r\n`);
  for (const content of sent) await place(store, 'one', content);
  return sent;
}
