import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryJournal } from '../journal/open.ts';
import { passingKey } from './identity.ts';
import { KnownByOctets } from './known-by-octets.ts';
import { changesOf, kept, listed, NOW, planOf } from './situation.test-support.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const KEY = passingKey(NOW, 1);

function changes(recognised: { changes: Parameters<typeof changesOf>[0]['changes'] }): string[] {
  return changesOf({ ...planOf({}), changes: recognised.changes });
}

test('a letter is known by its octets, once', () => {
  const known = new KnownByOctets({ unrecognised: [kept('a')] }, ['a', KEY]);
  const step = { key: KEY, letter: listed(1, undefined) };
  const first = known.recognise(step, A, NOW);
  assert.equal(first.record?.key, 'a');
  assert.deepEqual(changes(first), [`gone ${KEY}`, `forgotten ${KEY}`]);
  const second = known.recognise(step, A, NOW);
  assert.equal(second.record, undefined);
  assert.deepEqual(changes(second), [`rebound ${KEY} to  ${A}`]);
});

test('letters that are alike have keys of their own', () => {
  const known = new KnownByOctets({ unrecognised: [] }, [` ${B}`]);
  const step = { key: KEY, letter: listed(1, undefined) };
  assert.deepEqual(changes(known.recognise(step, B, NOW)), [`rebound ${KEY} to  ${B} 2`]);
  assert.deepEqual(changes(known.recognise(step, B, NOW)), [`rebound ${KEY} to  ${B} 3`]);
});

test('a letter that has another unique-id now is known by that from then on; one that was gone is back', () => {
  const gone = kept('a', { state: 'gone', gone: NOW, was: 'kept' });
  const known = new KnownByOctets({ unrecognised: [gone] }, ['a']);
  const recognised = known.recognise({ key: KEY, letter: listed(1, 'x') }, A, NOW);
  assert.deepEqual(changes(recognised), [`gone ${KEY}`, `forgotten ${KEY}`, 'still-there a', `rebound a to x ${A}`]);
});

test('the journal takes what it says', () => {
  const journal = memoryJournal();
  const staged = { octets: 1, sha256: A, fingerprint: 'f', headersOnly: false, place: 'p', destination: 'd' };
  journal.write([
    { type: 'listed', key: 'a', uniqueId: 'a', declaredOctets: 1, at: NOW },
    { type: 'fetching', key: 'a' },
    { type: 'staged', key: 'a', ...staged },
    { type: 'kept', key: 'a', at: NOW },
    { type: 'gone', key: 'a', at: NOW },
    { type: 'listed', key: KEY, uniqueId: 'x', declaredOctets: 1, at: NOW },
    { type: 'fetching', key: KEY },
  ]);
  const known = new KnownByOctets({ unrecognised: [...journal.letters()] }, ['a', KEY]);
  journal.write(known.recognise({ key: KEY, letter: listed(1, 'x') }, A, NOW).changes);
  assert.deepEqual(
    Array.from(journal.letters(), ({ key, uniqueId, state }) => [key, uniqueId, state]),
    [[`x ${A}`, 'x', 'kept']],
  );
  journal.close();
});
