import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DELETE, KEEP, letter, World } from '../run/run.test-support.ts';
import { adopt } from './adopt.ts';

/** A world in which another program has the letters that are there, and has told which. */
async function comingOver(...names: readonly string[]): Promise<World> {
  const world = new World();
  await world.elsewhere.deliver(...names.map((name) => letter(name)));
  const maildrop = world.elsewhere.store.openMaildrop('ada');
  const entries = (await maildrop.entries(1, maildrop.count)) as readonly { readonly uniqueId: string }[];
  maildrop.close();
  const letters = new Map(entries.map(({ uniqueId }) => [uniqueId, undefined]));
  adopt(world.journal, { name: 'ada@pop.example.org', letters, partly: 0 }, 'fetchmail', world.elsewhere.clock.now());
  return world;
}

test('what another program has is not fetched, and what has come since is', async () => {
  const world = await comingOver('one', 'two');
  await world.elsewhere.deliver(letter('three'));
  const report = await world.run({ ...KEEP, firstRun: { type: 'mark-existing' } });
  assert.deepEqual([report.error, report.result, report.kept, report.left], [undefined, 'done', 1, 3]);
  assert.deepEqual(world.disk.all, [letter('three')]);
  assert.equal((await world.run(KEEP)).kept, 0);
});

test('what another program has is not deleted: nothing proves that it has it', async () => {
  const world = await comingOver('one', 'two');
  await world.elsewhere.deliver(letter('three'));
  for (let time = 1; time <= 2; time += 1) {
    const report = await world.run(DELETE);
    assert.deepEqual([report.error, report.result, report.left], [undefined, 'done', 2]);
    assert.deepEqual(world.elsewhere.letters, [letter('one'), letter('two')]);
  }
  assert.deepEqual(world.disk.all, [letter('three')]);
});

test('it is deleted where somebody says so, and nothing of it is fetched', async () => {
  const world = await comingOver('one', 'two');
  await world.elsewhere.deliver(letter('three'));
  const report = await world.run({ ...DELETE, deleteAdopted: true });
  assert.deepEqual(
    [report.error, report.result, report.kept, report.deleted, report.left],
    [undefined, 'done', 1, 3, 0],
  );
  assert.deepEqual(world.elsewhere.letters, []);
  assert.deepEqual(world.disk.all, [letter('three')]);
});

test('so many days after it was kept, whoever kept it', async () => {
  const days = 14 * 86_400_000;
  const world = await comingOver('one');
  const policy = { ...KEEP, afterwards: { type: 'delete-after', milliseconds: days } as const, deleteAdopted: true };
  await world.elsewhere.clock.advance(days - 10_000);
  assert.equal((await world.run(policy)).deleted, 0);
  await world.elsewhere.clock.advance(10_000);
  assert.equal((await world.run(policy)).deleted, 1);
  assert.deepEqual(world.disk.all, []);
});
