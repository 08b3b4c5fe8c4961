import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { desk, expungeOf, outcome } from './writer.test.kit.ts';

for (const step of ['large.renamed', 'large.directory-synced', 'deliver.before-commit'] as const) {
  test(`a large letter that fails at ${step} is refused, and its file goes with the next commit`, (t) => {
    const { data, writer, answers, stage, deliver, expectSound } = desk(t, {
      faults: { [step]: { action: 'EIO', visit: 1 } },
    });
    stage(1, 5_000);
    writer.round();
    deliver(2);
    writer.round();
    stage(3, 5_000);
    writer.round();
    assert.deepEqual(answers().map(outcome), ['1 temporary', '2 stored', '3 stored']);
    assert.equal(readdirSync(data.letters).length, 2);
    assert.deepEqual(readdirSync(data.incoming), []);
    expectSound(2);
  });
}

test('the file of a large letter whose commit failed stays until another commit has written over it', (t) => {
  const { data, writer, answers, stage, deliver } = desk(t, {
    faults: { 'deliver.before-commit': { action: 'EIO', visit: 1 } },
  });
  stage(1, 5_000);
  writer.round();
  writer.take(expungeOf(2, [77]));
  writer.round();
  assert.deepEqual(answers().map(outcome), ['1 temporary', '2 done']);
  assert.deepEqual(readdirSync(data.letters), ['0000000001.segment'], 'nothing was written yet');
  deliver(3);
  writer.round();
  assert.deepEqual(readdirSync(data.letters), ['0000000002.segment']);
});

test('a large letter that nobody gets is removed', (t) => {
  const { data, writer, answers, stage } = desk(t);
  stage(1, 5_000, 'nobody');
  writer.round();
  assert.deepEqual(answers().map(outcome), ['1 no-maildrop']);
  assert.deepEqual([...readdirSync(data.incoming), ...readdirSync(data.letters)], []);
});
