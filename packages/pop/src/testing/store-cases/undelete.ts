import assert from 'node:assert/strict';
import type { StoreCase } from '../store-conformance.ts';
import { deliver, expunge, failsWith, find, findIn, nextMoment, owner, place, placed, soon, to } from './steps.ts';

const [first, second, third] = ['A: 1\r\n\r\none\r\n', 'A: 2\r\n\r\ntwo two\r\n', 'A: 3\r\n\r\nthree\r\n'];

/** How expunged letters come back: as new arrivals, under the names they had. */
export const undeleteCases: readonly StoreCase[] = [
  {
    name: 'an expunged letter comes back at the end, whole, under its old unique-id (P3-55, P3-56)',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      for (const letter of [first, second, third]) await place(store, 'one', letter, 'Received: x\r\n');
      const [oldest, , youngest] = (await find(store, 'one')).uniqueIds;
      const [before] = (await find(store, 'one')).uniqueIds.slice(1);
      await expunge(store, 'one', [2]);
      assert.equal(await store.undelete('one', {}, owner), 1);
      const found = await find(store, 'one');
      assert.deepEqual(
        found.letters,
        [first, third, second].map((letter) => `Received: x\r\n${letter}`),
      );
      assert.deepEqual(found.uniqueIds, [oldest, youngest, before]);
    },
  },
  {
    name: 'no letter comes back twice, and none that never left',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      for (const letter of [first, second]) await place(store, 'one', letter);
      assert.equal(await store.undelete('one', {}, owner), 0);
      await expunge(store, 'one', [1]);
      assert.equal(await store.undelete('one', {}, owner), 1);
      assert.equal(await store.undelete('one', {}, owner), 0);
      assert.deepEqual((await find(store, 'one')).letters, [second, first]);
    },
  },
  {
    name: 'a letter that came back may leave and come back again',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      for (const letter of [first, second]) await place(store, 'one', letter);
      const { uniqueIds } = await find(store, 'one');
      for (let time = 0; time < 3; time += 1) {
        await expunge(store, 'one', [1, 2]);
        assert.equal((await find(store, 'one')).count, 0);
        assert.equal(await store.undelete('one', {}, owner), 2);
        const found = await find(store, 'one');
        assert.deepEqual(new Set(found.uniqueIds), new Set(uniqueIds));
        assert.deepEqual(found.letters.toSorted(), [first, second]);
      }
    },
  },
  {
    name: 'since and unique-ids both have to fit',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      for (const letter of [first, second, third]) await place(store, 'one', letter);
      const [one, two, three] = (await find(store, 'one')).uniqueIds;
      assert.ok(one && two && three);
      await expunge(store, 'one', [1]);
      const since = await nextMoment();
      await expunge(store, 'one', [1, 2]);
      assert.equal(await store.undelete('one', { uniqueIds: [] }, owner), 0);
      assert.equal(await store.undelete('one', { uniqueIds: ['no-such-id'] }, owner), 0);
      assert.equal(await store.undelete('one', { since: soon() }, owner), 0);
      assert.equal(await store.undelete('one', { since, uniqueIds: [one] }, owner), 0);
      assert.equal(await store.undelete('one', { since, uniqueIds: [one, two] }, owner), 1);
      assert.deepEqual((await find(store, 'one')).uniqueIds, [two]);
      assert.equal(await store.undelete('one', { since }, owner), 1);
      assert.deepEqual((await find(store, 'one')).uniqueIds, [two, three]);
      assert.equal(await store.undelete('one', { uniqueIds: [one, two, three] }, owner), 1);
      assert.deepEqual((await find(store, 'one')).uniqueIds, [two, three, one]);
    },
  },
  {
    name: 'open snapshots see nothing of it, and no departure is taken back',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      for (const letter of [first, second, third]) await place(store, 'one', letter);
      const whole = await store.openMaildrop('one');
      await expunge(store, 'one', [1]);
      const less = await store.openMaildrop('one');
      await store.undelete('one', {}, owner);
      assert.deepEqual((await findIn(whole)).letters, [first, second, third]);
      assert.deepEqual((await findIn(less)).letters, [second, third]);
      assert.deepEqual(await less.expunge([1, 2], owner), { notRemoved: [] });
      whole.close();
      less.close();
      assert.deepEqual((await find(store, 'one')).letters, [first]);
    },
  },
  {
    name: 'only what one session expunged comes back, if that is asked for',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      for (const letter of [first, second, third]) await place(store, 'one', letter);
      const { uniqueIds } = await find(store, 'one');
      for (const session of ['session-1', 'session-2']) {
        const maildrop = await store.openMaildrop('one');
        await maildrop.expunge([1], { ...owner, session });
        maildrop.close();
      }
      assert.equal(await store.undelete('one', { session: 'session-3' }, owner), 0);
      assert.equal(await store.undelete('one', { session: 'session-2', uniqueIds: uniqueIds.slice(0, 1) }, owner), 0);
      assert.equal(await store.undelete('one', { session: 'session-2' }, owner), 1);
      assert.deepEqual((await find(store, 'one')).uniqueIds, [uniqueIds[2], uniqueIds[1]]);
    },
  },
  {
    name: 'a letter comes back as one that no client knows, if that is asked for, and only once',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      for (const letter of [first, second]) await place(store, 'one', letter, 'Received: x\r\n');
      const { uniqueIds } = await find(store, 'one');
      await expunge(store, 'one', [1, 2]);
      assert.equal(await store.undelete('one', { newUniqueIds: true }, owner), 2);
      const found = await find(store, 'one');
      assert.deepEqual(
        found.letters,
        [first, second].map((letter) => `Received: x\r\n${letter}`),
      );
      assert.equal(new Set([...uniqueIds, ...found.uniqueIds]).size, 4);
      assert.equal(await store.undelete('one', {}, owner), 0);
    },
  },
  {
    name: 'it is about one mailbox only; one that does not exist is no-maildrop',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      await addMaildrop('two');
      const [one, two] = await deliver(store, [to('one'), to('two')], first);
      for (const name of ['one', 'two']) await expunge(store, name, [1]);
      assert.equal(await store.undelete('two', { uniqueIds: [placed(one).uniqueId] }, owner), 0);
      assert.equal(await store.undelete('two', {}, owner), 1);
      assert.equal((await find(store, 'one')).count, 0);
      assert.deepEqual((await find(store, 'two')).uniqueIds, [placed(two).uniqueId]);
      await failsWith('no-maildrop', () => store.undelete('nobody', {}, owner));
    },
  },
  {
    name: 'a letter that came back, and one that may come back, are there after the store was opened again',
    durable: true,
    async run(tested) {
      await tested.addMaildrop('one');
      for (const letter of [first, second, third]) await place(tested.store, 'one', letter);
      const { uniqueIds } = await find(tested.store, 'one');
      await expunge(tested.store, 'one', [1, 2]);
      await tested.store.undelete('one', { uniqueIds: uniqueIds.slice(0, 1) }, owner);
      await tested.reopen?.();
      assert.deepEqual((await find(tested.store, 'one')).letters, [third, first]);
      assert.equal(await tested.store.undelete('one', {}, owner), 1);
      assert.deepEqual((await find(tested.store, 'one')).uniqueIds, [uniqueIds[2], uniqueIds[0], uniqueIds[1]]);
    },
  },
];
