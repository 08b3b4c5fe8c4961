import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { memoryJournal } from '../journal/open.ts';
import { Order } from './order.ts';
import type { LetterStep, Step } from './plan.ts';

const policy = { commitEvery: 2, large: 1_000 };

function letter(number: number, octets = 10) {
  return { number, octets, uniqueId: `${number}` };
}

function kept(number: number): LetterStep {
  const journal = memoryJournal();
  const key = `${number}`;
  journal.write([{ type: 'listed', key, uniqueId: key, declaredOctets: 10, at: 1 }]);
  const record = journal.letter(key);
  assert.ok(record);
  return { type: 'delete', letter: letter(number), record, why: '' };
}

function wanted(number: number, { octets = 10, thenDelete = true } = {}): LetterStep {
  const rest = { part: 'whole', known: 'by-listing', why: '', thenDelete } as const;
  return { type: 'fetch', letter: letter(number, octets), key: `${number}`, ...rest };
}

/** `d1` deletes, `f1` fetches, `|` commits. */
function shown(steps: readonly Step[]): string {
  return steps.map((step) => (step.type === 'commit' ? '|' : `${step.type[0]}${step.letter.number}`)).join(' ');
}

function ordered(steps: readonly LetterStep[], last: readonly LetterStep[] = []): string {
  const order = new Order();
  for (const step of [...steps, ...last]) order.add(step);
  for (const step of last) order.last(step);
  return shown(order.steps(policy));
}

describe('commits', () => {
  test('come behind so many letters that are fetched and deleted', () => {
    assert.equal(ordered([1, 2, 3, 4, 5].map((number) => wanted(number))), 'f1 f2 | f3 f4 | f5');
  });

  test('come behind ten times as many that are only deleted, and before what is fetched behind them', () => {
    const deletions = Array.from({ length: 23 }, (_, index) => kept(index + 1));
    const first = deletions.slice(0, 20).map((step) => `d${step.letter.number}`);
    assert.equal(ordered([...deletions, wanted(24)]), `${first.join(' ')} | d21 d22 d23 | f24`);
  });

  test('come before each large letter and each that failed before, where something waits', () => {
    const steps = [wanted(1, { octets: 5_000 }), wanted(2), wanted(3, { octets: 5_000 })];
    assert.equal(ordered(steps, [wanted(4)]), 'f2 | f1 | f3 | f4');
    assert.equal(ordered([wanted(1, { octets: 5_000, thenDelete: false }), wanted(2, { thenDelete: false })]), 'f2 f1');
  });
});
