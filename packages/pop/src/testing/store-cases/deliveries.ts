import assert from 'node:assert/strict';
import { StoreError } from '../../maildrop/store-error.ts';
import type { StoreCase } from '../store-conformance.ts';
import { deliver, entriesOf, envelopeTo, expunge, failsWith, find, inWords, place, placed, to } from './steps.ts';

const letter = 'Subject: a\r\n\r\nHello\r\n';

/** How a letter gets in: to whom, once, whole or not at all, and under which unique-id. */
export const deliveryCases: readonly StoreCase[] = [
  {
    name: 'every recipient gets the same letter below trace fields of his own, under a unique-id of his own (P3-56)',
    async run({ store, addMaildrop }) {
      const names = ['one', 'two', 'three'];
      for (const name of names) await addMaildrop(name);
      const answers = await deliver(
        store,
        names.map((name) => to(name, `Delivered-To: ${name}\r\n`)),
        letter,
      );
      assert.equal(answers.length, 3);
      for (const [index, name] of names.entries()) {
        const found = await find(store, name);
        assert.deepEqual(found.letters, [`Delivered-To: ${name}\r\n${letter}`]);
        assert.deepEqual(
          found.uniqueIds,
          [placed(answers[index]).uniqueId],
          'commit answers the unique-id that is listed',
        );
      }
      assert.equal(new Set(answers.map((answer) => placed(answer).uniqueId)).size, 3);
    },
  },
  {
    name: 'a mailbox that stands twice in the envelope gets the letter once, and both answers are that one (LM-04)',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      await addMaildrop('two');
      const answers = await deliver(store, [to('one'), to('two'), to('one')], letter);
      assert.equal(answers.length, 3);
      assert.deepEqual(answers[0], answers[2]);
      assert.deepEqual((await find(store, 'one')).uniqueIds, [placed(answers[0]).uniqueId]);
      assert.equal((await find(store, 'two')).count, 1);
    },
  },
  {
    name: 'identical letters get different unique-ids (P3-56)',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      for (let time = 0; time < 5; time += 1) await place(store, 'one', letter);
      assert.equal(new Set((await find(store, 'one')).uniqueIds).size, 5);
    },
  },
  {
    name: 'a unique-id is never given again, even when the mailbox was emptied in between (P3-56)',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      const seen = new Set<string>();
      for (let round = 1; round <= 4; round += 1) {
        for (let time = 0; time < 5; time += 1) seen.add((await place(store, 'one', letter)).uniqueId);
        assert.equal(seen.size, round * 5);
        await expunge(store, 'one', [1, 2, 3, 4, 5]);
        if (round % 2 === 0) await store.purge(Number.MAX_SAFE_INTEGER);
      }
    },
  },
  {
    name: 'a unique-id is 1 to 70 octets of 0x21 to 0x7E (P3-54)',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      for (let time = 0; time < 50; time += 1) await place(store, 'one', `Subject: ${time}\r\n\r\n`);
      for (const uniqueId of (await find(store, 'one')).uniqueIds) assert.match(uniqueId, /^[\x21-\x7e]{1,70}$/u);
    },
  },
  {
    name: 'letters delivered one after another are numbered in that order',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      const sent = Array.from({ length: 30 }, (_, index) => `Subject: ${index}\r\n\r\n`);
      for (const content of sent) await place(store, 'one', content);
      assert.deepEqual((await find(store, 'one')).letters, sent);
    },
  },
  {
    name: 'a letter shows at the moment its recipient is answered, and not before commit (LM-05, SM-30)',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      await addMaildrop('two');
      const delivery = store.beginDelivery(envelopeTo(to('one'), to('two')));
      await delivery.write(Buffer.from(letter));
      assert.equal((await find(store, 'one')).count, 0);
      const [first, second] = delivery.commit();
      const { uniqueId } = placed(await first);
      assert.deepEqual(await find(store, 'one'), found(uniqueId));
      assert.deepEqual(await find(store, 'two'), found(placed(await second).uniqueId));
    },
  },
  {
    name: 'deliveries that go on at once do not disturb each other',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      await addMaildrop('two');
      const sent = Array.from({ length: 100 }, (_, index) => `Subject: ${index}\r\n\r\n${'x'.repeat(index * 37)}\r\n`);
      const answers = await Promise.all(sent.map((content) => deliver(store, [to('one'), to('two')], content, 500)));
      for (const [position, name] of ['one', 'two'].entries()) {
        const found = await find(store, name);
        assert.deepEqual(found.letters.toSorted(), sent.map(inWords).toSorted());
        const byId = new Map(found.uniqueIds.map((uniqueId, index) => [uniqueId, found.letters[index]]));
        answers.forEach((answer, index) => {
          assert.equal(
            byId.get(placed(answer[position]).uniqueId),
            inWords(sent[index] ?? ''),
            'the unique-id answered is that letter’s',
          );
        });
      }
    },
  },
  {
    name: 'abort leaves nothing, may come at any time before commit, and twice',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      const early = store.beginDelivery(envelopeTo(to('one')));
      await early.abort();
      await early.abort();
      for (const octets of [10, 100_000, 3_000_000]) {
        const late = store.beginDelivery(envelopeTo(to('one')));
        await late.write(Buffer.alloc(octets, 'x'));
        await late.abort();
        await late.abort();
      }
      assert.deepEqual(await find(store, 'one'), { count: 0, octets: 0, uniqueIds: [], letters: [] });
    },
  },
  {
    name: 'after a failed write, later writes do nothing and commit answers the failure to each recipient (SM-33)',
    async run({ store, addMaildrop, failWrite }) {
      await addMaildrop('one');
      await addMaildrop('two');
      const delivery = store.beginDelivery(envelopeTo(to('one'), to('two'), to('one')));
      await delivery.write(Buffer.from(letter));
      await assert.rejects(async () => await failWrite(delivery), StoreError);
      await delivery.write(Buffer.from('more\r\n'));
      const answers = await Promise.all(delivery.commit());
      assert.equal(answers.length, 3);
      for (const answer of answers)
        assert.ok(answer instanceof StoreError, 'no recipient is told that the letter is there');
      assert.equal((await find(store, 'one')).count, 0);
      assert.equal((await find(store, 'two')).count, 0);
      await place(store, 'one', letter);
      assert.deepEqual((await find(store, 'one')).letters, [letter], 'the next letter is taken');
    },
  },
  {
    name: 'a recipient that is not there is answered no-maildrop, and the others get theirs (LM-05)',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      await addMaildrop('two');
      const [one, nobody, two] = await deliver(store, [to('one'), to('nobody'), to('two')], letter);
      assert.ok(nobody instanceof StoreError);
      assert.equal(nobody.kind, 'no-maildrop');
      assert.deepEqual(await find(store, 'one'), found(placed(one).uniqueId));
      assert.deepEqual(await find(store, 'two'), found(placed(two).uniqueId));
      await failsWith('no-maildrop', () => store.openMaildrop('nobody'));
    },
  },
  {
    name: 'letters, their order and their unique-ids are the same after the store was opened again (P3-55)',
    durable: true,
    async run(tested) {
      await tested.addMaildrop('one');
      for (const octets of [10, 70_000, 1_500_000, 0])
        await place(tested.store, 'one', 'x'.repeat(octets), 'Received: x\r\n');
      const before = await tested.store.openMaildrop('one');
      const entries = await entriesOf(before);
      before.close();
      const found = await find(tested.store, 'one');
      for (let time = 0; time < 2; time += 1) {
        await tested.reopen?.();
        assert.deepEqual(await find(tested.store, 'one'), found);
        const after = await tested.store.openMaildrop('one');
        assert.deepEqual(await entriesOf(after), entries);
        after.close();
      }
      const { uniqueId } = await place(tested.store, 'one', letter);
      assert.ok(!found.uniqueIds.includes(uniqueId));
    },
  },
];

function found(uniqueId: string) {
  return { count: 1, octets: letter.length, uniqueIds: [uniqueId], letters: [letter] };
}
