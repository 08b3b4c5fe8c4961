import assert from 'node:assert/strict';
import { test } from 'node:test';
import { count, countCommits, desk, expungeOf, purgeOf } from './writer.test.kit.ts';

test('all letters that wait go into one transaction and are answered together', (t) => {
  const { index, writer, answers, deliver } = desk(t);
  const commits = countCommits(index);
  for (let id = 1; id <= 20; id += 1) deliver(id);
  assert.deepEqual(answers(), [], 'no answer before the commit');
  writer.round();
  assert.deepEqual(
    answers().map(({ id }) => id),
    Array.from({ length: 20 }, (_, number) => number + 1),
  );
  assert.equal(commits(), 1);
  assert.ok(writer.idle);
});

test('a batch takes as many letters as its limit allows, the rest the next', (t) => {
  const { writer, answers, deliver } = desk(t, { limits: { batch: 2_500 } });
  for (let id = 1; id <= 3; id += 1) deliver(id, 1_000);
  writer.round();
  assert.deepEqual(
    answers().map(({ id }) => id),
    [1, 2],
  );
  writer.round();
  assert.deepEqual(
    answers().map(({ id }) => id),
    [3],
  );
});

test('a large expunge goes in slices, with deliveries between them, and is answered after the last', (t) => {
  const { index, writer, answers, deliver, run } = desk(t);
  for (let id = 1; id <= 2_500; id += 1) deliver(id, 10);
  run();
  answers();
  writer.take(
    expungeOf(
      9_001,
      Array.from({ length: 2_500 }, (_, number) => number + 1),
    ),
  );
  deliver(9_002);
  writer.round();
  assert.deepEqual(
    answers().map(({ id }) => id),
    [9_002],
    'the letter does not wait for the whole expunge',
  );
  assert.equal(count(index), 1_501);
  writer.round();
  assert.deepEqual(answers(), []);
  writer.round();
  assert.deepEqual(
    answers().map(({ id }) => id),
    [9_001],
  );
  assert.equal(count(index), 1);
});

test('every task is answered, also one that has nothing to do and stands behind others', (t) => {
  const { writer, deliver, run, answers } = desk(t);
  for (let id = 1; id <= 2_000; id += 1) deliver(id, 10);
  run();
  answers();
  const ordinals = Array.from({ length: 2_000 }, (_, number) => number + 1);
  writer.take(expungeOf(3_001, ordinals));
  for (const id of [3_002, 3_003]) writer.take({ type: 'compact', id, deadShare: 0.9 });
  writer.take(expungeOf(3_004, [1]));
  writer.take(purgeOf(3_005));
  run();
  assert.deepEqual(
    answers()
      .map(({ id }) => id)
      .sort(),
    [3_001, 3_002, 3_003, 3_004, 3_005],
  );
});
