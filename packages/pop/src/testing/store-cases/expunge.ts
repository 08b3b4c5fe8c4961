import assert from 'node:assert/strict';
import type { StoreCase } from '../store-conformance.ts';
import { expunge, find, findIn, owner, place } from './steps.ts';

const letters = [
  'A: 1\r\n\r\none\r\n',
  'A: 2\r\n\r\ntwo two\r\n',
  'A: 3\r\n\r\nthree three three\r\n',
  'A: 4\r\n\r\n4\r\n',
];

/** How letters leave: exactly those, once, for good. */
export const expungeCases: readonly StoreCase[] = [
  {
    name: 'expunge removes the letters it names and no other (P3-61, P3-62)',
    async run({ store, addMaildrop }) {
      for (const chosen of [[1], [2], [4], [1, 4], [2, 3], [4, 1, 3], [1, 2, 3, 4], []]) {
        const name = `removes-${chosen.join('-')}`;
        await addMaildrop(name);
        for (const letter of letters) await place(store, name, letter);
        const before = await find(store, name);
        const stays = (_: unknown, index: number) => !chosen.includes(index + 1);
        await expunge(store, name, chosen);
        const after = await find(store, name);
        assert.deepEqual(after.letters, letters.filter(stays), name);
        assert.deepEqual(after.uniqueIds, before.uniqueIds.filter(stays), name);
        assert.equal(after.count, letters.length - chosen.length);
      }
    },
  },
  {
    name: 'message-numbers say what is removed as the session knows them, whatever others removed meanwhile (P3-62)',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      for (const letter of letters) await place(store, 'one', letter);
      const [early, late] = [await store.openMaildrop('one'), await store.openMaildrop('one')];
      await early.expunge([1], owner);
      early.close();
      await late.expunge([2], owner);
      late.close();
      assert.deepEqual((await find(store, 'one')).letters, letters.slice(2));
    },
  },
  {
    name: 'what arrived during the session survives the removal of all that the session saw (P3-62)',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      await place(store, 'one', letters[0] ?? '');
      await place(store, 'one', letters[1] ?? '');
      const maildrop = await store.openMaildrop('one');
      await place(store, 'one', letters[2] ?? '');
      assert.deepEqual(await maildrop.expunge([1, 2], owner), { notRemoved: [] });
      maildrop.close();
      assert.deepEqual((await find(store, 'one')).letters, [letters[2]]);
    },
  },
  {
    name: 'a letter that two sessions remove leaves once, and neither is told of a failure (P3-61)',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      for (const letter of letters) await place(store, 'one', letter);
      const sessions = [
        await store.openMaildrop('one'),
        await store.openMaildrop('one'),
        await store.openMaildrop('one'),
      ];
      const answers = await Promise.all(
        sessions.map((session, index) => session.expunge([1, 2, 3 + (index % 2)], owner)),
      );
      for (const answer of answers) assert.deepEqual(answer, { notRemoved: [] });
      assert.deepEqual(await sessions[0]?.expunge([4], owner), { notRemoved: [] });
      for (const session of sessions) session.close();
      assert.deepEqual(await find(store, 'one'), { count: 0, octets: 0, uniqueIds: [], letters: [] });
    },
  },
  {
    name: 'a letter that was removed is still whole for a session that had it (P3-46)',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      const large = `A: b\r\n\r\n${'large '.repeat(400_000)}\r\n`;
      for (const letter of [...letters, large]) await place(store, 'one', letter);
      const maildrop = await store.openMaildrop('one');
      const before = await findIn(maildrop);
      await expunge(store, 'one', [1, 2, 3, 4, 5]);
      for (const letter of letters) await place(store, 'one', letter);
      assert.deepEqual(await findIn(maildrop), before);
      maildrop.close();
      assert.deepEqual((await find(store, 'one')).letters, letters);
    },
  },
  {
    name: 'a letter leaves one mailbox and stays in another that got it too',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      await addMaildrop('two');
      const delivery = store.beginDelivery({
        returnPath: '',
        recipients: ['one', 'two'].map((maildrop) => ({ maildrop, trace: Buffer.from(`To: ${maildrop}\r\n`) })),
      });
      await delivery.write(Buffer.from(letters[0] ?? ''));
      await Promise.all(delivery.commit());
      await expunge(store, 'one', [1]);
      assert.equal((await find(store, 'one')).count, 0);
      assert.deepEqual((await find(store, 'two')).letters, [`To: two\r\n${letters[0]}`]);
    },
  },
  {
    name: 'thousands of letters leave at once while others arrive (P3-61)',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      await Promise.all(Array.from({ length: 2_300 }, (_, index) => place(store, 'one', `A: ${index}\r\n\r\n`)));
      const maildrop = await store.openMaildrop('one');
      const numbers = Array.from({ length: 2_299 }, (_, index) => index + 1);
      const leaving = maildrop.expunge(numbers, owner);
      const arriving = Promise.all(letters.map((letter) => place(store, 'one', letter)));
      assert.deepEqual(await leaving, { notRemoved: [] });
      maildrop.close();
      await arriving;
      const left = (await find(store, 'one')).letters;
      assert.equal(left.length, 1 + letters.length);
      assert.deepEqual(left.slice(1).toSorted(), letters.toSorted());
    },
  },
  {
    name: 'what was removed is gone after the store was opened again, and the rest is there (P3-63)',
    durable: true,
    async run(tested) {
      await tested.addMaildrop('one');
      for (const letter of letters) await place(tested.store, 'one', letter);
      await expunge(tested.store, 'one', [2, 4]);
      const before = await find(tested.store, 'one');
      await tested.reopen?.();
      assert.deepEqual(await find(tested.store, 'one'), before);
      assert.deepEqual(before.letters, [letters[0], letters[2]]);
    },
  },
];
