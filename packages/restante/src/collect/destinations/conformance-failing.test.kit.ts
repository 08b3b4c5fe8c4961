import assert from 'node:assert/strict';
import { Failure } from '../../failure.ts';
import type { DestinationCase } from './conformance.test.kit.ts';
import {
  assertBlameless,
  assertThere,
  assertTidy,
  place,
  sent,
  several,
  stage,
} from './conformance-letters.test.kit.ts';
import type { Placing, StagedLetter } from './destination.ts';
import { recordOf } from './dying.test.kit.ts';
import { type DestinationStep, destinationSteps, letterSteps } from './steps.ts';

/** What a system call may answer where something is done that can fail. */
const ERRORS = ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EACCES', 'ENOENT'] as const;

const failing = destinationSteps.filter((step) => step.includes('.before-'));

/** A disk that fails at a step, whatever it says: it is to blame, nothing is half there, and afterwards all letters can be placed. */
export const failingCases: readonly DestinationCase[] = failing.flatMap((step) => [
  ...ERRORS.map((code, index) => failingAt(step, code, letterSteps.has(step) ? (index % 4) + 1 : 1)),
  failingAt(step, 'EIO', 'always'),
  ...(step.startsWith('place.') ? [failingToSettle(step)] : []),
]);

function failingAt(step: DestinationStep, code: (typeof ERRORS)[number], visit: number | 'always'): DestinationCase {
  return {
    name: `${code} at ${step} (${visit}): it is to blame, nothing is half there, and afterwards each letter can be placed`,
    needs: 'bent',
    step,
    async run(tested) {
      assert.ok(tested.bent);
      const bend = bending(step, code, visit);
      const destination = await tested.bent(bend.at);
      const before = sent('before');
      await place(destination, [before]);
      bend.begin();
      const letters = several(5);
      const staged: StagedLetter[] = [];
      for (const letter of letters) {
        const one = await stage(destination, letter).catch(ownWords);
        if (one !== undefined) staged.push(one);
      }
      const prepared = await destination.prepare(staged).then(() => true, ownWords);
      const placings: readonly Placing[] = prepared ? await destination.place(staged) : [];
      assertBlameless(placings);
      bend.end();
      const placed = staged.filter((_, index) => placings[index]?.type === 'placed').map(({ letter }) => letter.key);
      const there = letters.filter(({ letter }) => placed.includes(letter.key));
      // What is there before the journal has it must not be there once more, and what is not must not be half there.
      const rest = letters.filter(({ letter }) => !placed.includes(letter.key));
      await place(destination, rest);
      await assertThere(tested, [before, ...there, ...rest]);
      await destination.close();
      await assertThere(tested, [before, ...letters]);
      await assertTidy(tested);
    },
  };
}

function failingToSettle(step: DestinationStep): DestinationCase {
  return {
    name: `EIO at ${step} when letters are settled: each is there once, at the latest when it is settled again`,
    exactlyOnce: true,
    needs: 'bent',
    step,
    async run(tested) {
      assert.ok(tested.bent);
      const letters = several(3);
      const dead = await tested.open();
      const staged: StagedLetter[] = [];
      for (const letter of letters) staged.push(await stage(dead, letter));
      await dead.prepare(staged);
      const records = staged.map((one, index) => recordOf(one, letters[index]?.octets ?? Buffer.alloc(0)));
      const bend = bending(step, 'EIO', letterSteps.has(step) ? 2 : 1);
      const failed = await tested.bent(bend.at);
      bend.begin();
      await failed.settle(records).catch(ownWords);
      bend.end();
      await failed.close();
      const destination = await tested.open();
      for (const settled of await destination.settle(records)) assert.equal(settled.type, 'there');
      await destination.close();
      await assertThere(tested, letters);
      await assertTidy(tested);
    },
  };
}

/** What fails at one visit to a step, or at every, between `begin` and `end`. */
function bending(step: DestinationStep, code: string, visit: number | 'always') {
  let bent = false;
  let visits = 0;
  return {
    at: (now: DestinationStep): void => {
      if (!bent || now !== step) return;
      visits += 1;
      if (visit !== 'always' && visits !== visit) return;
      throw Object.assign(new Error(`${code}: planted at ${step}`), { code });
    },
    begin: () => {
      bent = true;
    },
    end: () => {
      assert.ok(visits > 0, 'it came to that step');
      bent = false;
    },
  };
}

/** Nothing, where it fails with words for people. */
function ownWords(thrown: unknown): undefined {
  assert.ok(thrown instanceof Failure, String(thrown));
  return undefined;
}
