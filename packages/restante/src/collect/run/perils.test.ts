import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Policy } from '../account.ts';
import { type Peril, Process } from './perils.test-support.ts';
import { DELETE, KEEP, letter, World } from './run.test-support.ts';

const PERILS: readonly Peril['type'][] = ['death before', 'death after', 'journal', 'destination', 'network', 'stop'];

/** Letters are not given up here, however often somebody dies on them. */
const patient = (policy: Policy): Policy => ({ ...policy, attempts: 1_000 });

/** A world that complains when a letter leaves the server that is not safe. */
async function worldOf(letters: readonly string[]): Promise<World> {
  const world = new World();
  world.elsewhere.onExpunge = (leaving) => {
    for (const octets of leaving) {
      assert.ok(world.disk.all.includes(octets.toString('latin1')), 'a letter was deleted that is not kept');
    }
  };
  await world.elsewhere.deliver(...letters);
  return world;
}

async function perilousRun(world: World, policy: Policy, perils: readonly Peril[]): Promise<number> {
  const process = new Process(world.journal, perils);
  world.elsewhere.onCall = process.onCall;
  const { destination, journal } = process;
  await world.run(policy, { destination, journal, signal: process.stop.signal });
  world.elsewhere.onCall = () => {};
  return process.count;
}

/** Runs to which nothing happens, long enough after another for every pause to be over. */
async function recover(world: World, policy: Policy, letters: readonly string[]): Promise<void> {
  for (let runs = 0; runs < 3; runs += 1) {
    await world.elsewhere.clock.advance(25 * 3_600_000);
    await world.run(policy);
  }
  assert.deepEqual(world.disk.all.sort(), [...letters].sort());
  assert.equal(world.elsewhere.letters.length, policy.afterwards.type === 'delete' ? 0 : letters.length);
  const { result, error } = await world.run(policy);
  assert.deepEqual([result, error], ['done', undefined]);
}

describe('whatever happens, each letter is kept once and none is deleted that is not kept (P3-64, P3-69)', () => {
  const letters = [letter('one'), letter('two', 2_000), letter('three'), letter('four')];

  for (const policy of [KEEP, DELETE]) {
    for (const type of PERILS) {
      test(`${policy.afterwards.type}: ${type}, at each thing that is done`, async () => {
        const things = await perilousRun(await worldOf(letters), patient(policy), []);
        assert.ok(things > 20, `only ${things} things were done`);
        for (let at = 1; at <= things; at += 1) {
          const world = await worldOf(letters);
          await perilousRun(world, patient(policy), [{ type, at }]);
          await recover(world, patient(policy), letters);
        }
      });
    }
  }

  test('one thing after the other, in run after run', async () => {
    const peril = fc.record({ type: fc.constantFrom(...PERILS), at: fc.integer({ min: 1, max: 60 }) });
    const sizes = fc.array(fc.integer({ min: 0, max: 1_500 }), { minLength: 1, maxLength: 60 });
    const runs = fc.array(fc.array(peril, { minLength: 1, maxLength: 3 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(sizes, runs, fc.constantFrom(KEEP, DELETE), async (lines, perils, policy) => {
        const mail = lines.map((count, index) => letter(`letter ${index}`, count));
        const world = await worldOf(mail);
        for (const each of perils) await perilousRun(world, patient(policy), each);
        await recover(world, patient(policy), mail);
      }),
      { numRuns: 40 },
    );
  });
});
