import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DELETE, KEEP, letter, World } from './run/run.test-support.ts';

const three = [letter('one'), letter('two'), letter('three', 2_000)];

describe('a run', () => {
  test('keeps each letter, octet for octet, and leaves them at the server', async () => {
    const world = new World();
    await world.elsewhere.deliver(...three);
    const report = await world.run(KEEP);
    assert.deepEqual([report.error, report.result, report.kept, report.left], [undefined, 'done', 3, 3]);
    assert.deepEqual(world.disk.all.sort(), [...three].sort());
    assert.equal(world.elsewhere.letters.length, 3);
    assert.equal(world.happened('kept').length, 3);
  });

  test('fetches nothing twice', async () => {
    const world = new World();
    await world.elsewhere.deliver(...three);
    await world.run(KEEP);
    await world.elsewhere.deliver(letter('four'));
    const report = await world.run(KEEP);
    assert.deepEqual([report.result, report.kept], ['done', 1]);
    assert.equal(world.disk.all.length, 4);
  });

  test('deletes what it has kept, and what earlier runs have', async () => {
    const world = new World();
    await world.elsewhere.deliver(...three);
    await world.run(KEEP);
    await world.elsewhere.deliver(letter('four'));
    const report = await world.run(DELETE);
    assert.deepEqual(
      [report.error, report.result, report.kept, report.deleted, report.left],
      [undefined, 'done', 1, 4, 0],
    );
    assert.deepEqual(world.elsewhere.letters, []);
    assert.equal(world.disk.all.length, 4);
  });
});
