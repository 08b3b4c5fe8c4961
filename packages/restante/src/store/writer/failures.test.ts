import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, renameSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { HEADER } from '../letters/segments/record.ts';
import { sweep } from '../letters/segments/sweep.ts';
import { count, desk, expungeOf, outcome } from './writer.test.kit.ts';

test('a letter that cannot be appended fails for itself, and leaves nothing behind', (t) => {
  const { data, writer, answers, deliver, expectSound } = desk(t, {
    faults: { 'deliver.before-append': { action: 'ENOSPC', visit: 2 } },
  });
  deliver(1);
  writer.round();
  deliver(2);
  deliver(3);
  writer.round();
  deliver(4);
  writer.round();
  assert.deepEqual(answers().map(outcome), ['1 stored', '2 no-room', '3 no-room', '4 stored']);
  assert.equal(readdirSync(data.letters).length, 1);
  expectSound(2);
});

test('after a failed sync the segment is given up, and nothing in doubt is entered', (t) => {
  const { data, index, writer, answers, deliver, expectSound } = desk(t, {
    faults: { 'deliver.before-sync': { action: 'EIO', visit: 2 } },
  });
  deliver(1);
  writer.round();
  deliver(2);
  writer.round();
  deliver(3);
  writer.round();
  assert.deepEqual(answers().map(outcome), ['1 stored', '2 temporary', '3 stored']);
  expectSound(2);
  assert.deepEqual(
    index.segments.all().map(([number]) => number),
    [1, 2],
    'the next letter goes to another segment',
  );
  assert.equal(sweep(data, index.segments, index.contents).tail, HEADER + 'To: anna\r\n'.length + 100);
});

for (const [fault, kind] of [
  ['EIO', 'temporary'],
  ['ENOSPC', 'no-room'],
] as const) {
  test(`a commit that fails with ${fault} is the answer to its letters only`, (t) => {
    const { writer, answers, deliver, expectSound } = desk(t, {
      faults: { 'deliver.before-commit': { action: fault, visit: 2 } },
    });
    for (let id = 1; id <= 3; id += 1) {
      deliver(id);
      writer.round();
    }
    assert.deepEqual(answers().map(outcome), ['1 stored', `2 ${kind}`, '3 stored']);
    expectSound(2);
  });
}

test('a full disk fails the letters of a round, and what removes letters is done without them', (t) => {
  const { index, writer, answers, deliver } = desk(t, {
    faults: { 'deliver.before-commit': { action: 'ENOSPC', visit: 2 } },
  });
  deliver(1);
  writer.round();
  deliver(2);
  writer.take(expungeOf(3, [1]));
  writer.round();
  assert.deepEqual(answers().map(outcome), ['1 stored', '2 no-room', '3 done']);
  assert.equal(count(index), 0);
});

test('an expunge that fails has done nothing, and is answered so', (t) => {
  const { index, writer, answers, deliver } = desk(t, {
    faults: { 'expunge.after-slice': { action: 'EIO', visit: 1 } },
  });
  deliver(1);
  writer.round();
  writer.take(expungeOf(2, [1]));
  writer.round();
  assert.equal(count(index), 1);
  writer.take(expungeOf(3, [1]));
  writer.round();
  assert.deepEqual(answers().map(outcome), ['1 stored', '2 temporary', '3 done']);
  assert.equal(count(index), 0);
});

test('a slice that fails is the answer to its own task and to those of its round, not to those that wait', (t) => {
  const { writer, deliver, run, answers } = desk(t, {
    faults: { 'undelete.before-slice': { action: 'EIO', visit: 1 } },
  });
  for (let id = 1; id <= 1_500; id += 1) deliver(id, 10);
  run();
  answers();
  writer.take({
    type: 'undelete',
    id: 3_001,
    name: 'anna',
    since: 0,
    uniqueIds: undefined,
    session: undefined,
    renamed: false,
    time: 1,
  });
  writer.take(
    expungeOf(
      3_002,
      Array.from({ length: 1_500 }, (_, number) => number + 1),
    ),
  );
  run();
  assert.deepEqual(answers().map(outcome), ['3001 temporary', '3002 done']);
});

test('what cannot be asked or removed fails for itself: the writer goes on', (t) => {
  const { data, deliver, stage, run, answers } = desk(t);
  stage(1, 5_000, 'nobody');
  unlinkSync(join(data.incoming, 'staged-1'));
  mkdirSync(join(data.incoming, 'staged-1'));
  deliver(2);
  run();
  assert.deepEqual(answers().map(outcome), ['1 no-maildrop', '2 stored']);
  renameSync(data.root, `${data.root}-away`);
  deliver(3);
  run();
  assert.deepEqual(answers().map(outcome), ['3 temporary']);
  renameSync(`${data.root}-away`, data.root);
  deliver(4);
  run();
  assert.deepEqual(answers().map(outcome), ['4 stored']);
});
