import assert from 'node:assert/strict';
import type { DestinationCase, DestinationUnderTest } from './conformance.test.kit.ts';
import { assertThere, assertTidy, place, sent, several, stage, typeOf } from './conformance-letters.test.kit.ts';
import type { Settled, UnsettledLetter } from './destination.ts';
import { dieAt, recordOf, type SentLetter } from './dying.test.kit.ts';
import { type DestinationStep, destinationSteps, letterSteps } from './steps.ts';

/** What holds after a crash. */
export const crashCases: readonly DestinationCase[] = [
  {
    name: 'what was staged and not prepared when we died is swept, and fetched again it is there once',
    exactlyOnce: true,
    async run(tested) {
      const dead = await tested.open();
      const [lost, ...others] = several(3);
      assert.ok(lost);
      for (const letter of [lost, ...others]) await stage(dead, letter);
      await dead.stage(sent('partly').letter).write(Buffer.alloc(2 * 1024 * 1024, 'line\r\n'));
      const destination = await tested.open();
      assert.deepEqual(await destination.settle([]), []);
      await place(destination, [lost]);
      await destination.close();
      await assertThere(tested, [lost]);
      await assertTidy(tested);
    },
  },
  {
    name: 'what was prepared when we died is there once it is settled',
    exactlyOnce: true,
    keepsPrepared: true,
    async run(tested) {
      const letters = several(3);
      const dead = await tested.open();
      const records: UnsettledLetter[] = [];
      const staged = [];
      for (const letter of letters) {
        const one = await stage(dead, letter, [5]);
        staged.push(one);
        records.push(recordOf(one, letter.octets));
      }
      await dead.prepare(staged);
      await settleAll(tested, records, letters);
    },
  },
  {
    name: 'what was prepared and not placed when it was closed is there once it is settled',
    exactlyOnce: true,
    keepsPrepared: true,
    async run(tested) {
      const letters = several(2);
      const closed = await tested.open();
      const staged = [];
      for (const letter of letters) staged.push(await stage(closed, letter));
      await closed.prepare(staged);
      await closed.close();
      await assertThere(tested, []);
      await settleAll(
        tested,
        staged.map((one, index) => recordOf(one, letters[index]?.octets ?? Buffer.alloc(0))),
        letters,
      );
    },
  },
  {
    name: 'what was placed when we died is there, and stays there once',
    exactlyOnce: true,
    async run(tested) {
      const letters = several(3);
      const dead = await tested.open();
      const staged = await place(dead, letters);
      const records = staged.map((one, index) => recordOf(one, letters[index]?.octets ?? Buffer.alloc(0)));
      await settleAll(tested, records, letters);
    },
  },
  {
    name: 'settling twice changes nothing, and letters that come then are there too',
    exactlyOnce: true,
    keepsPrepared: true,
    async run(tested) {
      const letters = several(2);
      const dead = await tested.open();
      const staged = [];
      for (const letter of letters) staged.push(await stage(dead, letter));
      await dead.prepare(staged);
      const records = staged.map((one, index) => recordOf(one, letters[index]?.octets ?? Buffer.alloc(0)));
      // The first of them dies before the journal has what it said.
      const again = await tested.open();
      assert.deepEqual((await again.settle(records)).map(typeOf), ['there', 'there']);
      const destination = await tested.open();
      assert.deepEqual((await destination.settle(records)).map(typeOf), ['there', 'there']);
      const late = sent('late');
      await place(destination, [late]);
      await destination.close();
      await assertThere(tested, [...letters, late]);
      await assertTidy(tested);
    },
  },
  {
    name: 'what one maildrop left when we died is kept for it while another collects',
    exactlyOnce: true,
    keepsPrepared: true,
    async run(tested) {
      const [anna, ben] = [sent('1', 'anna@mail.example:995'), sent('1', 'ben@mail.example:995')];
      const dead = await tested.open();
      const staged = await stage(dead, anna);
      await dead.prepare([staged]);
      const other = await tested.open();
      await other.settle([]);
      await place(other, [ben]);
      await other.close();
      await assertThere(tested, [ben]);
      await settleAll(tested, [recordOf(staged, anna.octets)], [anna, ben]);
    },
  },
  {
    name: 'a letter of which nothing was ever heard is not there',
    async run(tested) {
      const { letter, octets } = sent('never');
      const destination = await tested.open();
      const staged = { type: 'staged', letter, place: 'nowhere', octets: octets.length } as const;
      const [settled] = await destination.settle([recordOf(staged, octets)]);
      assert.notEqual(settled?.type, 'there');
      await destination.close();
      await assertThere(tested, []);
      await assertTidy(tested);
    },
  },
  {
    name: 'octets other than those that came are never taken for the letter',
    exactlyOnce: true,
    async run(tested) {
      const [letter, other] = [sent('one'), sent('other')];
      const dead = await tested.open();
      const staged = await stage(dead, letter);
      await dead.prepare([staged]);
      const destination = await tested.open();
      const record = { ...recordOf(staged, letter.octets), sha256: recordOf(staged, other.octets).sha256 };
      const [settled] = await destination.settle([record]);
      assert.notEqual(settled?.type, 'there');
      await destination.close();
      await assertThere(tested, []);
      await assertTidy(tested);
    },
  },
  ...destinationSteps.flatMap((step) =>
    (letterSteps.has(step) ? [1, 2, 4] : [1]).map((visit) => killedAt(step, visit)),
  ),
];

/** SIGKILL at that step, then a run that does all that is left: each letter is there once. */
function killedAt(step: DestinationStep, visit: number): DestinationCase {
  return {
    name: `SIGKILL at ${step} (${visit}): afterwards each letter is there once`,
    exactlyOnce: true,
    needs: 'dying',
    step,
    async run(tested) {
      assert.ok(tested.dying);
      const before = sent('before');
      const first = await tested.open();
      await place(first, [before]);
      await first.close();
      const letters = several(4);
      const { staged, kept, killed } = await dieAt(tested.dying, letters, step, visit);
      assert.ok(killed, 'it came to that step');
      assert.equal(kept.length === 0 || kept.length === letters.length, true);
      const destination = await tested.open();
      const settled = await destination.settle(staged);
      assert.deepEqual(
        settled.filter(({ type }) => type === 'not-known'),
        [],
      );
      await placeRest(destination, letters, [...kept.map(({ key }) => key), ...keysThere(staged, settled)]);
      await destination.close();
      await assertThere(tested, [before, ...letters]);
      await assertTidy(tested);
    },
  };
}

async function placeRest(
  destination: Awaited<ReturnType<DestinationUnderTest['open']>>,
  letters: readonly SentLetter[],
  there: readonly string[],
): Promise<void> {
  await place(
    destination,
    letters.filter(({ letter }) => !there.includes(letter.key)),
  );
}

function keysThere(records: readonly UnsettledLetter[], settled: readonly Settled[]): readonly string[] {
  return records.filter((_, index) => settled[index]?.type === 'there').map(({ letter }) => letter.key);
}

/** All that the journal has as staged turns out to be there, and nothing else is. */
async function settleAll(
  tested: DestinationUnderTest,
  records: readonly UnsettledLetter[],
  letters: readonly SentLetter[],
): Promise<void> {
  const destination = await tested.open();
  const settled = await destination.settle(records);
  assert.deepEqual(
    settled.map(typeOf),
    records.map(() => 'there'),
  );
  assert.ok(settled.every((one) => one.type !== 'there' || one.place.length > 0));
  await destination.close();
  await assertThere(tested, letters);
  await assertTidy(tested);
}
