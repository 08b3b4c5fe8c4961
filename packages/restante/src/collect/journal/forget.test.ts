import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passingKey } from '../plan/identity.ts';
import { forgetGone } from './forget.ts';
import type { Change, Journal } from './journal.ts';
import { memoryJournal } from './open.ts';

const DAY = 86_400_000;
const NOW = 1_795_600_000_000;

function wentAt(key: string, at: number): Change[] {
  return [
    { type: 'listed', key, uniqueId: key, declaredOctets: 1, at: 1 },
    { type: 'gone', key, at },
  ];
}

function keys(journal: Journal): string[] {
  return [...journal.letters()].map(({ key }) => key);
}

test('what has been gone for a year is forgotten, and nothing that is not gone, however old', () => {
  const journal = memoryJournal();
  journal.write([
    { type: 'listed', key: 'there', uniqueId: 'there', declaredOctets: 1, at: 1 },
    { type: 'adopted', key: 'kept', uniqueId: 'kept', at: 1, why: 'fetchmail has it' },
    ...wentAt('a year', NOW - 365 * DAY),
    ...wentAt('nearly a year', NOW - 365 * DAY + 1),
    ...wentAt('now', NOW),
    ...wentAt('in days to come', NOW + DAY),
  ]);
  assert.equal(forgetGone(journal, { now: NOW, listed: 1 }), 1);
  assert.deepEqual(keys(journal), ['there', 'kept', 'nearly a year', 'now', 'in days to come']);
  assert.equal(forgetGone(journal, { now: NOW, listed: 1 }), 0);
  assert.equal(forgetGone(journal, { now: NOW, listed: 1, after: 0 }), 2);
  assert.deepEqual(keys(journal), ['there', 'kept', 'in days to come'], 'a clock that was wrong');
});

test('an empty listing is reason to forget nothing', () => {
  const journal = memoryJournal();
  journal.write(wentAt('old', 1));
  assert.equal(forgetGone(journal, { now: NOW, listed: 0 }), 0);
  assert.deepEqual(keys(journal), ['old']);
});

test('no more than so many are remembered: those that went last', () => {
  const journal = memoryJournal();
  journal.write([5, 1, 4, 2, 3].flatMap((days) => wentAt(`${days}`, NOW - days * DAY)));
  assert.equal(forgetGone(journal, { now: NOW, listed: 1, most: 2 }), 3);
  assert.deepEqual(keys(journal).sort(), ['1', '2']);
});

test('a key that was good for one session is not remembered once its letter is gone', () => {
  const journal = memoryJournal();
  const there = passingKey(NOW, 1);
  journal.write([
    ...wentAt(passingKey(NOW - 1, 1), NOW),
    { type: 'listed', key: there, uniqueId: undefined, declaredOctets: 1, at: 1 },
  ]);
  assert.equal(forgetGone(journal, { now: NOW, listed: 1 }), 1);
  assert.deepEqual(keys(journal), [there]);
});

test('many are forgotten at once', () => {
  const journal = memoryJournal();
  journal.write(Array.from({ length: 25_000 }, (_, number) => wentAt(`${number}`, number)).flat());
  assert.equal(forgetGone(journal, { now: NOW, listed: 1 }), 25_000);
  assert.deepEqual(keys(journal), []);
});
