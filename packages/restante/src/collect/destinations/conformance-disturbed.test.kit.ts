import assert from 'node:assert/strict';
import { Failure } from '../../failure.ts';
import type { DestinationCase, DestinationUnderTest } from './conformance.test.kit.ts';
import {
  assertBlameless,
  assertThere,
  assertTidy,
  place,
  sent,
  several,
  stage,
  typeOf,
} from './conformance-letters.test.kit.ts';
import type { Destination, Placing, StagedLetter } from './destination.ts';
import { recordOf, type SentLetter } from './dying.test.kit.ts';

/** What holds while another program handles the letters, or the destination takes none. */
export const disturbedCases: readonly DestinationCase[] = [
  {
    name: 'what a reader has taken over meanwhile is there',
    exactlyOnce: true,
    needs: 'reader',
    async run(tested) {
      const letters = several(3);
      const dead = await tested.open();
      const staged = await place(dead, letters);
      await tested.reader?.read();
      const destination = await tested.open();
      const settled = await destination.settle(records(staged, letters));
      assert.deepEqual(settled.map(typeOf), ['there', 'there', 'there']);
      await destination.close();
      await assertThere(tested, letters);
      await assertTidy(tested);
    },
  },
  {
    name: 'what a reader has removed meanwhile is not known, and is not put there again',
    exactlyOnce: true,
    needs: 'reader',
    async run(tested) {
      const letters = several(2);
      const dead = await tested.open();
      const staged = await place(dead, letters);
      await tested.reader?.remove();
      const destination = await tested.open();
      const settled = await destination.settle(records(staged, letters));
      assert.deepEqual(settled.map(typeOf), ['not-known', 'not-known']);
      assert.ok(settled.every((one) => one.type === 'not-known' && one.why.length > 0));
      await destination.close();
      await assertThere(tested, []);
      await assertTidy(tested);
    },
  },
  {
    name: 'what a reader has taken over or removed is not put there again by placing it twice',
    exactlyOnce: true,
    needs: 'reader',
    async run(tested) {
      const letters = several(2);
      const destination = await tested.open();
      const staged = await place(destination, letters);
      await tested.reader?.read();
      assert.deepEqual((await destination.place(staged)).map(typeOf), ['placed', 'placed']);
      await assertThere(tested, letters);
      await tested.reader?.remove();
      assert.deepEqual((await destination.place(staged)).map(typeOf), ['placed', 'placed']);
      await destination.close();
      await assertThere(tested, []);
    },
  },
  {
    name: 'it is to blame when it takes nothing: before a letter comes',
    needs: 'breaks',
    run: (tested) =>
      inEachWay(tested, async (destination, letters, breakIt) => {
        await breakIt();
        return stageAll(destination, letters);
      }),
  },
  {
    name: 'it is to blame when it takes nothing: while letters come',
    needs: 'breaks',
    run: (tested) =>
      inEachWay(tested, async (destination, letters, breakIt) => {
        const stages = letters.map(({ letter }) => destination.stage(letter));
        for (const [index, { octets }] of letters.entries()) await stages[index]?.write(octets.subarray(0, 9));
        await breakIt();
        const staged: StagedLetter[] = [];
        for (const [index, { octets }] of letters.entries()) {
          const whole = await attempt(async () => {
            await stages[index]?.write(octets.subarray(9));
            return stages[index]?.end();
          });
          if (whole?.type === 'staged') staged.push(whole);
          else await stages[index]?.abandon();
        }
        return staged;
      }),
  },
  {
    name: 'it is to blame when it takes nothing: when letters are to be prepared',
    needs: 'breaks',
    run: (tested) =>
      inEachWay(tested, async (destination, letters, breakIt) => {
        const staged = await stageAll(destination, letters);
        assert.equal(staged.length, letters.length);
        await breakIt();
        return staged;
      }),
  },
  {
    name: 'it is to blame when it takes nothing: when letters are to be placed',
    needs: 'breaks',
    run: (tested) =>
      inEachWay(tested, async (destination, letters, breakIt) => {
        const staged = await stageAll(destination, letters);
        assert.equal(staged.length, letters.length);
        await destination.prepare(staged);
        await breakIt();
        return staged;
      }),
  },
  {
    name: 'when it takes nothing and letters are to be settled, it settles all or none, and all of them once it does',
    exactlyOnce: true,
    keepsPrepared: true,
    needs: 'breaks',
    async run(tested) {
      const there: SentLetter[] = [];
      for (const [way, broken] of Object.entries(tested.breaks ?? {})) {
        const letters = several(2, `settled ${way}`);
        const dead = await tested.open();
        const staged = await stageAll(dead, letters);
        await dead.prepare(staged);
        const destination = await tested.open();
        const mend = await broken();
        try {
          const early = await attempt(() => destination.settle(records(staged, letters)));
          for (const settled of early ?? []) assert.equal(settled.type, 'there', way);
          await destination.close();
        } finally {
          await mend();
        }
        const again = await tested.open();
        const settled = await again.settle(records(staged, letters));
        assert.deepEqual(settled.map(typeOf), ['there', 'there'], way);
        await again.close();
        there.push(...letters);
        await assertThere(tested, there);
        await assertTidy(tested);
      }
    },
  },
];

/**
 * Breaks it in each way, and prepares and places what `work` has staged: all that is not there then is the destination's
 * fault, nothing is half there, and what is not there can be placed once it is mended.
 */
async function inEachWay(
  tested: DestinationUnderTest,
  work: (
    destination: Destination,
    letters: readonly SentLetter[],
    breakIt: () => Promise<void>,
  ) => Promise<readonly StagedLetter[]>,
): Promise<void> {
  const there: SentLetter[] = [];
  for (const [way, broken] of Object.entries(tested.breaks ?? {})) {
    const letters = several(3, way);
    const destination = await tested.open();
    const before = sent(`${way}, before`);
    await place(destination, [before]);
    there.push(before);
    let mend: () => unknown = () => assert.fail('it was never broken');
    let placings: readonly Placing[] = [];
    let staged: readonly StagedLetter[] = [];
    try {
      staged = await work(destination, letters, async () => {
        mend = await broken();
      });
      const prepared = await attempt(async () => {
        await destination.prepare(staged);
        return true;
      });
      if (prepared) placings = await destination.place(staged);
      assertBlameless(placings);
    } finally {
      await mend();
    }
    const placed = staged.filter((_, index) => placings[index]?.type === 'placed').map(({ letter }) => letter);
    there.push(...letters.filter(({ letter }) => placed.includes(letter)));
    await assertThere(tested, there);
    const rest = letters.filter(({ letter }) => !placed.includes(letter));
    await place(destination, rest);
    there.push(...rest);
    await destination.close();
    await assertThere(tested, there);
    await assertTidy(tested);
  }
}

/** Letters that are staged, as far as that goes. */
async function stageAll(destination: Destination, letters: readonly SentLetter[]): Promise<readonly StagedLetter[]> {
  const staged: StagedLetter[] = [];
  for (const letter of letters) {
    const one = await attempt(() => stage(destination, letter));
    if (one !== undefined) staged.push(one);
  }
  return staged;
}

/** What it answers, or nothing where it fails with words for people. */
async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    assert.ok(thrown.message.length > 0);
    return undefined;
  }
}

function records(staged: readonly StagedLetter[], letters: readonly SentLetter[]) {
  return staged.map((one, index) => recordOf(one, letters[index]?.octets ?? Buffer.alloc(0)));
}
