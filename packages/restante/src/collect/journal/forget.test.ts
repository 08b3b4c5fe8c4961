import assert from 'node:assert/strict';
import { test } from 'node:test';
import { longGone } from './forget.ts';
import type { Change } from './journal.ts';
import { memoryJournal } from './open.ts';

const DAY = 86_400_000;
const NOW = 1_795_600_000_000;

function wentAt(key: string, at: number): Change[] {
  return [
    { type: 'listed', key, uniqueId: key, declaredOctets: 1, at: 1 },
    { type: 'gone', key, at },
  ];
}

function forgotten(changes: readonly Change[], options: Partial<Parameters<typeof longGone>[1]> = {}): string[] {
  const journal = memoryJournal();
  journal.write(changes);
  return longGone([...journal.letters()], { now: NOW, listed: 1, ...options }).map(({ key }) => key);
}

test('what has been gone for a year is forgotten, and nothing that is not gone, however old', () => {
  const changes: Change[] = [
    { type: 'listed', key: 'there', uniqueId: 'there', declaredOctets: 1, at: 1 },
    { type: 'adopted', key: 'kept', uniqueId: 'kept', at: 1, why: 'fetchmail has it' },
    ...wentAt('a year', NOW - 365 * DAY),
    ...wentAt('nearly a year', NOW - 365 * DAY + 1),
    ...wentAt('now', NOW),
    ...wentAt('by a clock that was wrong', NOW + DAY),
  ];
  assert.deepEqual(forgotten(changes), ['a year']);
  assert.deepEqual(forgotten(changes, { longest: DAY }), ['a year', 'nearly a year']);
  assert.deepEqual(forgotten(changes, { listed: 0 }), [], 'an empty listing is no reason');
});

test('no more than so many are remembered: those that went last', () => {
  const changes = [5, 1, 4, 2, 3].flatMap((days) => wentAt(`${days}`, NOW - days * DAY));
  assert.deepEqual(forgotten(changes, { most: 2 }), ['3', '4', '5']);
  assert.deepEqual(forgotten(changes, { most: 5 }), []);
  assert.deepEqual(forgotten(changes, { most: 5, longest: 4 * DAY }).sort(), ['4', '5']);
});
