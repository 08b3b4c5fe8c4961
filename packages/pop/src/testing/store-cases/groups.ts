import assert from 'node:assert/strict';
import type { Placed, Recipient } from '../../maildrop/store.ts';
import { StoreError } from '../../maildrop/store-error.ts';
import type { StoreCase, StoreUnderTest } from '../store-conformance.ts';
import { deliver, find, placed, to } from './steps.ts';

const letter = 'Subject: a\r\n\r\nHello\r\n';

/** Recipients that get a letter all or none (LM-04, SM-33). */
export const groupCases: readonly StoreCase[] = [
  {
    name: 'each of a group gets the letter when all of it can (LM-04)',
    async run(tested) {
      await add(tested, 'one', 'two', 'three');
      const answers = await deliver(tested.store, [to('three'), of(1, 'one'), of(1, 'two')], letter);
      await hasOnly(tested, 'three', answers[0]);
      await hasOnly(tested, 'one', answers[1]);
      await hasOnly(tested, 'two', answers[2]);
    },
  },
  {
    name: 'when one of a group is not there none of it gets the letter, and each is answered that error (LM-04, SM-33)',
    async run(tested) {
      await add(tested, 'one', 'two', 'three', 'four');
      const answers = await deliver(
        tested.store,
        [of(7, 'one'), of(7, 'nobody'), of(7, 'two'), to('three'), of(0, 'four')],
        letter,
      );
      for (const answer of answers.slice(0, 3)) isNoMaildrop(answer);
      await isEmpty(tested, 'one');
      await isEmpty(tested, 'two');
      await hasOnly(tested, 'three', answers[3]);
      await hasOnly(tested, 'four', answers[4]);
      const again = await deliver(tested.store, [of(7, 'one'), of(7, 'two')], letter);
      await hasOnly(tested, 'one', again[0]);
      await hasOnly(tested, 'two', again[1]);
    },
  },
  {
    name: 'a mailbox in two groups gets the letter once, and both answers are that one',
    async run(tested) {
      await add(tested, 'one', 'two', 'shared');
      const recipients = [of(1, 'one'), of(1, 'shared'), of(2, 'shared'), of(2, 'two'), of(2, 'shared'), to('shared')];
      const answers = await deliver(tested.store, recipients, letter);
      for (const index of [2, 4, 5]) assert.deepEqual(placed(answers[index]), placed(answers[1]));
      await hasOnly(tested, 'shared', answers[1]);
      await hasOnly(tested, 'one', answers[0]);
      await hasOnly(tested, 'two', answers[3]);
    },
  },
  {
    name: 'a mailbox in a group that fails and in one that does not gets the letter once, as the latter’s',
    async run(tested) {
      await add(tested, 'one', 'two', 'shared');
      const recipients = [of(1, 'shared'), of(1, 'nobody'), of(1, 'one'), of(2, 'two'), of(2, 'shared')];
      for (const order of [recipients, recipients.toReversed()]) {
        const before = (await find(tested.store, 'shared')).count;
        const answers = await deliver(tested.store, order, letter);
        for (const [index, recipient] of order.entries()) {
          if (recipient.group === 1) isNoMaildrop(answers[index]);
          else placed(answers[index]);
        }
        assert.equal((await find(tested.store, 'shared')).count, before + 1);
        const own = answers[order.findIndex(({ maildrop, group }) => maildrop === 'shared' && group === 2)];
        const { uniqueIds, letters } = await find(tested.store, 'shared');
        assert.equal(uniqueIds.at(-1), placed(own).uniqueId);
        assert.equal(letters.at(-1), `To: shared in 2\r\n${letter}`, 'the trace fields are the latter’s too');
      }
      await isEmpty(tested, 'one');
      assert.equal((await find(tested.store, 'two')).count, 2);
    },
  },
  {
    name: 'a mailbox that stands for itself too gets the letter though its group fails',
    async run(tested) {
      await add(tested, 'one', 'two');
      const answers = await deliver(tested.store, [of(1, 'one'), of(1, 'two'), of(1, 'nobody'), to('one')], letter);
      for (const answer of answers.slice(0, 3)) isNoMaildrop(answer);
      const found = await find(tested.store, 'one');
      assert.deepEqual([found.uniqueIds, found.letters], [[placed(answers[3]).uniqueId], [letter]]);
      await isEmpty(tested, 'two');
    },
  },
  {
    name: 'a letter that fails is answered to every group (SM-33)',
    async run(tested) {
      await add(tested, 'one', 'two');
      const recipients = [of(1, 'one'), of(2, 'two'), of(1, 'two'), to('one')];
      const delivery = tested.store.beginDelivery({ returnPath: '', recipients });
      await delivery.write(Buffer.from(letter));
      await assert.rejects(async () => await tested.failWrite(delivery), StoreError);
      const answers = await Promise.all(delivery.commit());
      assert.equal(answers.length, 4);
      for (const answer of answers) assert.ok(answer instanceof StoreError);
      await isEmpty(tested, 'one');
      await isEmpty(tested, 'two');
    },
  },
];

/** A recipient in a group, with trace fields that say which. */
function of(group: number, maildrop: string): Recipient {
  return { ...to(maildrop, `To: ${maildrop} in ${group}\r\n`), group };
}

async function add({ addMaildrop }: StoreUnderTest, ...names: readonly string[]): Promise<void> {
  for (const name of names) await addMaildrop(name);
}

async function hasOnly({ store }: StoreUnderTest, name: string, answer: Placed | StoreError | undefined) {
  const { uniqueIds, octets } = await find(store, name);
  assert.deepEqual(placed(answer), { uniqueId: uniqueIds[0], octets });
  assert.equal(uniqueIds.length, 1);
}

async function isEmpty({ store }: StoreUnderTest, name: string): Promise<void> {
  assert.equal((await find(store, name)).count, 0, `${name} has nothing`);
}

function isNoMaildrop(answer: Placed | StoreError | undefined): void {
  assert.ok(answer instanceof StoreError, 'nobody of the group is told that the letter is there');
  assert.equal(answer.kind, 'no-maildrop');
}
