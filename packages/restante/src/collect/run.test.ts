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

  test('knows letters again when every unique-id has changed: fetches none twice, and deletes them still', async () => {
    const world = new World();
    const letters = Array.from({ length: 20 }, (_, index) => letter(`letter ${index}`, index));
    await world.elsewhere.deliver(...letters);
    await world.run(KEEP);
    // The provider has moved its mail to other software.
    const moved = new World({ disk: world.disk });
    await moved.elsewhere.deliver(...letters, letter('new'));
    const { connect } = moved.elsewhere;
    const report = await world.run(KEEP, { connect });
    assert.deepEqual([report.error, report.result, report.kept], [undefined, 'done', 1]);
    assert.equal(world.happened('recognised').length, 1);
    const deleting = await world.run(DELETE, { connect });
    assert.deepEqual([deleting.error, deleting.result, deleting.deleted], [undefined, 'done', 21]);
    assert.equal(world.disk.all.length, 21);
  });

  test('keeps of a letter that is too large its header, if that is wanted', async () => {
    const world = new World();
    await world.elsewhere.deliver(letter('small'), letter('large', 1_000));
    const report = await world.run({ ...DELETE, largest: { octets: 10_000, larger: 'headers' } });
    assert.deepEqual([report.error, report.kept, report.deleted, report.left], [undefined, 2, 1, 1]);
    const header = letter('large', 1_000).split('\r\n\r\n')[0];
    assert.ok(world.disk.all.includes(`${header}\r\n\r\n`));
    assert.ok(world.happened('kept').some((event) => event.event === 'kept' && event.headersOnly));
  });
});
