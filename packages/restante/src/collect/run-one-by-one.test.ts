import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Destination } from './destinations/destination.ts';
import { MemoryDestination } from './run/memory-destination.test-support.ts';
import { DELETE, letter, World } from './run/run.test-support.ts';

const MINUTE = 60_000;

/** One of which nobody can tell after a crash what it has taken; `placing` is called before each batch. */
function unsure(world: World, placing: (letters: number) => unknown, patience?: number): Destination {
  const inner = new MemoryDestination(world.disk);
  return {
    name: inner.name,
    promise: 'at-least-once',
    ...(patience !== undefined && { patience }),
    stage: (one) => inner.stage(one),
    prepare: (letters) => inner.prepare(letters),
    place: async (letters) => {
      await placing(letters.length);
      return inner.place(letters);
    },
    settle: async (letters) => letters.map(() => ({ type: 'not-there' })),
    close: () => inner.close(),
  };
}

test('where nobody can tell afterwards one letter is placed at a time, and is in the journal before the next', async () => {
  const world = new World();
  await world.elsewhere.deliver(...['one', 'two', 'three', 'four'].map((name) => letter(name)));
  const batches: number[] = [];
  const known: number[] = [];
  const open = () =>
    unsure(world, (letters) => {
      batches.push(letters);
      const states = [...world.journal.letters()].map(({ state }) => state);
      known.push(states.filter((state) => state !== 'staged' && state !== 'fetching' && state !== 'listed').length);
    });
  const report = await world.run(DELETE, { open });
  assert.deepEqual([report.result, report.kept], ['done', 4]);
  assert.deepEqual(batches, [1, 1, 1, 1]);
  assert.deepEqual(known, [0, 1, 2, 3]);
});

test('a destination that says how long it takes has that long', async () => {
  for (const [patience, result] of [
    [undefined, 'later'],
    [60 * MINUTE, 'done'],
  ] as const) {
    const world = new World();
    await world.elsewhere.deliver(letter('slow'));
    const slow = () => new Promise<void>((resolve) => world.elsewhere.clock.set(resolve, 30 * MINUTE));
    const report = await world.run(DELETE, { open: () => unsure(world, slow, patience) });
    assert.equal(report.result, result);
  }
});
