import assert from 'node:assert/strict';
import { readdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { verifyLetters } from '../backup/verify.ts';
import { segmentPath } from '../letters/segments/folder.ts';
import { sweep } from '../letters/segments/sweep.ts';
import { count, damage, desk, expungeOf, outcome, purgeOf } from './writer.test.kit.ts';

test('a segment in which nothing lives any more is dropped; while a backup is made, only afterwards', (t) => {
  const { data, writer, deliver, stage, run, answers } = desk(t, { limits: { segment: 1 } });
  deliver(1);
  writer.round();
  stage(2, 5_000);
  writer.round();
  deliver(3);
  writer.round();
  assert.equal(readdirSync(data.letters).length, 3);
  writer.take(expungeOf(4, [1]));
  writer.take(purgeOf(5));
  run();
  assert.deepEqual(readdirSync(data.letters), ['0000000002.segment', '0000000003.segment']);
  writer.take({ type: 'pin', id: 6 });
  writer.take(expungeOf(7, [2]));
  writer.take(purgeOf(8));
  run();
  assert.equal(readdirSync(data.letters).length, 2);
  writer.take({ type: 'unpin', id: 9 });
  assert.deepEqual(readdirSync(data.letters), ['0000000003.segment']);
  assert.deepEqual(answers().map(outcome).slice(3), ['4 done', '5 done', '6 done', '7 done', '8 done', '9 done']);
});

test('compaction moves what lives, whole, and drops the rest; deliveries go on between', (t) => {
  const { data, writer, deliver, run, answers, expectSound } = desk(t, { limits: { segment: 5_000_000 } });
  for (let id = 1; id <= 8; id += 1) deliver(id, 1_000_000);
  run();
  writer.take({ type: 'seal', id: 9 });
  writer.take(expungeOf(10, [1, 3, 4, 5]));
  writer.take(purgeOf(11));
  run();
  answers();
  writer.take({ type: 'compact', id: 12, deadShare: 0.4 });
  deliver(13);
  writer.round();
  assert.deepEqual(answers().map(outcome), ['13 stored'], 'a letter does not wait for the whole compaction');
  run();
  const [answer] = answers();
  assert.ok(answer?.type === 'done' && typeof answer.result === 'object' && 'segments' in answer.result);
  assert.equal(answer.result.segments, 1);
  assert.equal(answer.result.damaged, 0);
  assert.ok(!readdirSync(data.letters).includes('0000000001.segment'));
  expectSound(5);
});

test('compaction loses nothing when other work takes a round for itself', (t) => {
  const { data, writer, deliver, index, run, answers } = desk(t);
  for (let id = 1; id <= 1_000; id += 1) deliver(id, 10);
  for (let id = 1_001; id <= 1_006; id += 1) deliver(id, 1_000_000);
  run();
  writer.take({ type: 'seal', id: 2_000 });
  writer.take(expungeOf(2_001, [1_001, 1_002, 1_003]));
  writer.take(purgeOf(2_002));
  run();
  answers();
  const ordinals = Array.from({ length: 1_000 }, (_, number) => number + 1);
  writer.take(expungeOf(2_003, ordinals));
  writer.take({ type: 'compact', id: 2_004, deadShare: 0.3 });
  run();
  assert.deepEqual(answers().map(outcome), ['2003 done', '2004 done']);
  assert.ok(!readdirSync(data.letters).includes('0000000001.segment'));
  assert.equal(verifyLetters(index.database, data.letters).next().done, true);
  assert.equal(count(index), 3);
});

test('a segment that a letter is in cannot be dropped from the index', (t) => {
  const { writer, deliver, index } = desk(t);
  deliver(1);
  writer.round();
  assert.throws(() => index.segments.remove(1), /FOREIGN KEY/);
});

test('compaction leaves a damaged record where it is, and the segment with it', (t) => {
  const { data, writer, deliver, run, answers } = desk(t);
  for (let id = 1; id <= 3; id += 1) deliver(id, 1_000);
  run();
  writer.take({ type: 'seal', id: 4 });
  writer.take(expungeOf(5, [1]));
  writer.take(purgeOf(6));
  run();
  answers();
  damage(segmentPath(data, 1), 1_500);
  writer.take({ type: 'compact', id: 7, deadShare: 0.1 });
  run();
  const [answer] = answers();
  assert.ok(answer?.type === 'done' && typeof answer.result === 'object' && 'segments' in answer.result);
  assert.deepEqual([answer.result.segments, answer.result.damaged], [0, 1]);
  assert.ok(readdirSync(data.letters).includes('0000000001.segment'));
});

test('compaction goes past a segment whose file is not there', (t) => {
  const { data, index, writer, deliver, run, answers } = desk(t);
  for (const first of [1, 4]) {
    for (let id = first; id < first + 3; id += 1) deliver(id, 1_000);
    run();
    writer.take({ type: 'seal', id: 10 + first });
  }
  writer.take(expungeOf(20, [1, 4]));
  writer.take(purgeOf(21));
  run();
  answers();
  unlinkSync(segmentPath(data, 1));
  writer.take({ type: 'compact', id: 22, deadShare: 0.1 });
  run();
  const [answer] = answers();
  assert.ok(answer?.type === 'done' && typeof answer.result === 'object' && 'segments' in answer.result);
  assert.deepEqual([answer.result.segments, answer.result.damaged], [1, 1]);
  assert.equal(count(index), 4, 'what is missing is still said to be damaged, never taken for gone');
});

test('a new writer never touches an old segment, and counts what a crash left in it as dead', (t) => {
  const first = desk(t);
  first.deliver(1);
  first.writer.round();
  const path = segmentPath(first.data, 1);
  const { size } = statSync(path);
  writeFileSync(path, Buffer.alloc(500), { flag: 'a' });
  writeFileSync(segmentPath(first.data, 2), 'never committed');
  writeFileSync(join(first.data.incoming, 'abc'), 'never finished');
  const swept = sweep(first.data, first.index.segments, first.index.contents);
  assert.deepEqual(swept, { removed: 2, tail: 500, damaged: [], last: 1 });
  const second = desk(t, { data: first.data, index: first.index });
  second.deliver(1);
  second.writer.round();
  assert.equal(statSync(path).size, size + 500);
  assert.deepEqual(
    first.index.segments.all().map(([number]) => number),
    [1, 2],
  );
  second.expectSound(2);
});
