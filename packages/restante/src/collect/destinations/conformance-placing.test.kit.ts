import assert from 'node:assert/strict';
import { awkwardLetters, awkwardUniqueIds } from './awkward-letters.test.kit.ts';
import type { DestinationCase } from './conformance.test.kit.ts';
import {
  assertThere,
  assertTidy,
  incoming,
  place,
  sent,
  several,
  stage,
  typeOf,
} from './conformance-letters.test.kit.ts';

/** What holds while nothing goes wrong. */
export const placingCases: readonly DestinationCase[] = [
  {
    name: 'a staged letter is seen by nobody, a placed one is there once',
    async run(tested) {
      const destination = await tested.open();
      const letter = sent('one');
      const stage = destination.stage(letter.letter);
      await stage.write(letter.octets);
      await assertThere(tested, []);
      const staged = await stage.end();
      assert.ok(staged.type === 'staged');
      await assertThere(tested, []);
      await destination.prepare([staged]);
      await assertThere(tested, []);
      assert.deepEqual((await destination.place([staged])).map(typeOf), ['placed']);
      await assertThere(tested, [letter]);
      await destination.close();
      await assertThere(tested, [letter]);
      await assertTidy(tested);
    },
  },
  ...[...awkwardLetters].map(
    ([what, octets]): DestinationCase => ({
      name: `a letter ${what} is there as it came, or refused by its own fault`,
      async run(tested) {
        const destination = await tested.open();
        const before = sent('before');
        const behind = sent('behind');
        const letter = { letter: incoming('awkward'), octets };
        const staged = [
          await stage(destination, before),
          await stage(destination, letter, octets.length > 1000 ? [1, 70_000, 70_001, 1_200_000] : everywhere(octets)),
          await stage(destination, behind),
        ];
        await destination.prepare(staged);
        const taken = tested.arrives === undefined || tested.arrives(octets) !== undefined;
        const [first, placing, last] = await destination.place(staged);
        assert.deepEqual([first?.type, last?.type], ['placed', 'placed']);
        if (taken) assert.equal(placing?.type, 'placed');
        else assert.equal(placing?.type === 'refused' && placing.blame, 'letter');
        await destination.close();
        await assertThere(tested, taken ? [before, letter, behind] : [before, behind]);
        await assertTidy(tested);
      },
    }),
  ),
  {
    name: 'a letter is there whole, wherever its octets are cut',
    async run(tested) {
      const destination = await tested.open();
      const octets = Buffer.from('a: b\r\n\r\nFrom c\r\r\n>From d\n.\r\n');
      const letters = Array.from({ length: octets.length + 1 }, (_, cut) => ({
        letter: incoming(`cut-${cut}`),
        octets,
        cut,
      }));
      const arrives = tested.arrives === undefined || tested.arrives(octets) !== undefined;
      const staged = [];
      for (const letter of letters) staged.push(await stage(destination, letter, [letter.cut]));
      await destination.prepare(staged);
      await destination.place(staged);
      await destination.close();
      await assertThere(tested, arrives ? letters : []);
    },
  },
  {
    name: 'a letter that is placed twice is there once',
    async run(tested) {
      const destination = await tested.open();
      const letters = several(3);
      const staged = await place(destination, letters);
      assert.deepEqual((await destination.place(staged)).map(typeOf), ['placed', 'placed', 'placed']);
      await destination.close();
      await assertThere(tested, letters);
      await assertTidy(tested);
    },
  },
  {
    name: 'an empty batch is nothing',
    async run(tested) {
      const destination = await tested.open();
      await destination.prepare([]);
      assert.deepEqual(await destination.place([]), []);
      assert.deepEqual(await destination.settle([]), []);
      await destination.close();
      await assertThere(tested, []);
      await assertTidy(tested);
    },
  },
  {
    name: 'a letter that is abandoned leaves nothing, whenever that is',
    async run(tested) {
      const destination = await tested.open();
      const large = Buffer.alloc(3 * 1024 * 1024, 'From here to there\r\n');
      await destination.stage(incoming('at once')).abandon();
      for (const [name, octets] of [
        ['small', Buffer.from('small\r\n')],
        ['large', large],
      ] as const) {
        const partly = destination.stage(incoming(`${name}, partly`));
        await partly.write(octets);
        await partly.abandon();
        await partly.abandon();
        const whole = destination.stage(incoming(`${name}, whole`));
        await whole.write(octets);
        await whole.end();
        await whole.abandon();
      }
      // An abandoned letter may come again.
      const again = { letter: incoming('small, partly'), octets: Buffer.from('again: 1\r\n\r\nagain\r\n') };
      await place(destination, [again]);
      await destination.close();
      await assertThere(tested, [again]);
      await assertTidy(tested);
    },
  },
  {
    name: 'what nobody prepared is gone when it is closed',
    async run(tested) {
      const destination = await tested.open();
      const unfinished = destination.stage(incoming('unfinished'));
      await unfinished.write(Buffer.from('unfinished'));
      const large = destination.stage(incoming('large'));
      await large.write(Buffer.alloc(2 * 1024 * 1024, 'line\r\n'));
      await stage(destination, sent('whole'));
      await unfinished.abandon();
      await large.abandon();
      await destination.close();
      await assertThere(tested, []);
      await assertTidy(tested);
    },
  },
  {
    name: 'a unique-id is no path, no flag and no end of anything',
    async run(tested) {
      const destination = await tested.open();
      const letters = awkwardUniqueIds.map((id, index) => ({ ...sent(`number-${index}`), letter: incoming(id) }));
      await place(destination, letters);
      await destination.close();
      await assertThere(tested, letters);
      await assertTidy(tested);
    },
  },
  {
    name: 'the same unique-ids in another maildrop are other letters',
    async run(tested) {
      const mailboxes = ['anna@mail.example:995', 'anna@mail.example:110', 'ben@mail.example:995', ''];
      const letters = mailboxes.flatMap((mailbox) => [sent('1', mailbox), sent('2', mailbox)]);
      const destination = await tested.open();
      await place(destination, letters);
      await destination.close();
      await assertThere(tested, letters);
      await assertTidy(tested);
    },
  },
  {
    name: 'several letters may be on their way in at once, and end in another order',
    async run(tested) {
      const destination = await tested.open();
      const letters = several(40);
      const stages = letters.map(({ letter }) => destination.stage(letter));
      for (const half of [0, 1]) {
        for (const [index, { octets }] of letters.entries()) {
          const middle = octets.length >> 1;
          await stages[index]?.write(half === 0 ? octets.subarray(0, middle) : octets.subarray(middle));
        }
      }
      const staged = [];
      for (const [index, stage] of [...stages.entries()].reverse()) {
        if (index % 10 === 3) await stage.abandon();
        else staged.push(await stage.end());
      }
      const whole = staged.filter((end) => end.type === 'staged');
      // Batches overlap as little as they like: the second is prepared before the first is placed.
      const [first, second] = [whole.slice(0, 7), whole.slice(7)];
      await destination.prepare(first);
      await destination.prepare(second);
      const placings = [...(await destination.place(second)), ...(await destination.place(first))];
      assert.deepEqual(
        placings.map(typeOf),
        whole.map(() => 'placed'),
      );
      await destination.close();
      await assertThere(
        tested,
        letters.filter((_, index) => index % 10 !== 3),
      );
      await assertTidy(tested);
    },
  },
  {
    name: 'two that are open at once, for maildrops of their own, do not disturb each other',
    async run(tested) {
      const [one, other] = [await tested.open(), await tested.open()];
      const letters = ['anna@mail.example:995', 'ben@mail.example:995'].map((mailbox) => [
        sent('1', mailbox),
        sent('2', mailbox),
      ]);
      await Promise.all([place(one, letters[0] ?? []), place(other, letters[1] ?? [])]);
      await one.close();
      const late = sent('late', 'ben@mail.example:995');
      await place(other, [late]);
      await other.close();
      await assertThere(tested, [...letters.flat(), late]);
      await assertTidy(tested);
    },
  },
];

function everywhere(octets: Buffer): number[] {
  return Array.from({ length: octets.length }, (_, index) => index);
}
