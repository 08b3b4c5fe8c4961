import assert from 'node:assert/strict';
import type { StoreCase } from '../store-conformance.ts';
import { deliver, expunge, find, findIn, inWords, nextMoment, owner, place, soon, to } from './steps.ts';

const large = `A: 3\r\n\r\n${'three '.repeat(300_000)}\r\n`;
const letters = ['A: 1\r\n\r\none\r\n', 'A: 2\r\n\r\ntwo two\r\n', large];

/** How expunged letters are destroyed: only those, only in time, and never under a session that reads them. */
export const purgeCases: readonly StoreCase[] = [
  {
    name: 'purge destroys what was expunged before its time, and nothing else',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      for (const letter of letters) await place(store, 'one', letter);
      assert.equal(await store.purge(soon()), 0, 'nothing was expunged');
      await expunge(store, 'one', [1]);
      const between = await nextMoment();
      await expunge(store, 'one', [1]);
      assert.equal(await store.purge(between - 60_000), 0);
      assert.equal(await store.purge(between), 1);
      assert.equal(await store.purge(between), 0, 'once');
      assert.equal(await store.undelete('one', {}, owner), 1);
      assert.deepEqual((await find(store, 'one')).letters, [inWords(large), letters[1]]);
    },
  },
  {
    name: 'purge never passes a snapshot that is open; when it is closed, it does (P3-46)',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      for (const letter of letters) await place(store, 'one', letter);
      const [early, late] = [await store.openMaildrop('one'), await store.openMaildrop('one')];
      const before = await findIn(early);
      await expunge(store, 'one', [1, 2, 3]);
      assert.equal(await store.purge(soon()), 0);
      assert.deepEqual(await findIn(early), before);
      early.close();
      assert.equal(await store.purge(soon()), 0);
      assert.deepEqual(await findIn(late), before, 'asked for its numbers only now');
      late.close();
      assert.equal(await store.purge(soon()), 3);
      assert.equal(await store.undelete('one', {}, owner), 0);
    },
  },
  {
    name: 'a letter purged from one mailbox stays whole in another that got it too',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      await addMaildrop('two');
      for (const letter of letters) await deliver(store, [to('one'), to('two', 'To: two\r\n')], letter);
      await expunge(store, 'one', [1, 2, 3]);
      assert.equal(await store.purge(soon()), 3);
      assert.deepEqual(
        (await find(store, 'two')).letters,
        letters.map((letter) => inWords(`To: two\r\n${letter}`)),
      );
    },
  },
  {
    name: 'a letter that came back is not purged for having left once',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      for (const letter of letters) await place(store, 'one', letter);
      await expunge(store, 'one', [1, 2, 3]);
      await store.undelete('one', {}, owner);
      assert.equal(await store.purge(soon()), 0, 'nothing was destroyed');
      assert.deepEqual((await find(store, 'one')).letters.toSorted(), letters.map(inWords).toSorted());
      await expunge(store, 'one', [1, 2, 3]);
      assert.equal(await store.undelete('one', {}, owner), 3, 'the later departure is another');
    },
  },
  {
    name: 'what was purged is gone for good, and the rest whole, after the store was opened again',
    durable: true,
    async run(tested) {
      await tested.addMaildrop('one');
      for (const letter of letters) await place(tested.store, 'one', letter);
      await expunge(tested.store, 'one', [1, 3]);
      assert.equal(await tested.store.purge(soon()), 2);
      await tested.reopen?.();
      assert.deepEqual((await find(tested.store, 'one')).letters, [letters[1]]);
      assert.equal(await tested.store.undelete('one', {}, owner), 0);
    },
  },
];
