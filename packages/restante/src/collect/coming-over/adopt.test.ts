import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryJournal } from '../journal/open.ts';
import { adopt } from './adopt.ts';
import type { KeptElsewhere } from './elsewhere.ts';

const NOW = 1_795_600_000_000;

function list(letters: Record<string, number | undefined>): KeptElsewhere {
  return { name: 'anna@pop.example.org', letters: new Map(Object.entries(letters)), partly: 0 };
}

test('letters that another program has are kept from then on, without proof, since when it says so', () => {
  const journal = memoryJournal();
  assert.deepEqual(adopt(journal, list({ a: 5_000, b: undefined, c: NOW + 9 }), 'getmail', NOW), {
    adopted: 3,
    known: 0,
  });
  assert.deepEqual(
    [...journal.letters()].map(({ key, uniqueId, state, kept, sha256, place, why }) => ({
      key,
      uniqueId,
      state,
      kept,
      sha256,
      place,
      why,
    })),
    [
      {
        key: 'a',
        uniqueId: 'a',
        state: 'kept',
        kept: 5_000,
        sha256: undefined,
        place: undefined,
        why: 'getmail has it',
      },
      { key: 'b', uniqueId: 'b', state: 'kept', kept: NOW, sha256: undefined, place: undefined, why: 'getmail has it' },
      { key: 'c', uniqueId: 'c', state: 'kept', kept: NOW, sha256: undefined, place: undefined, why: 'getmail has it' },
    ],
  );
  assert.equal(journal.facts.begun, NOW, 'what else is there has come since, whatever the first run is to do');
});

test('told again it changes nothing; what is known better is left as it is', () => {
  const journal = memoryJournal();
  const proof = { octets: 1, sha256: 'ab'.repeat(32) };
  journal.write(
    [
      { type: 'adopted', key: 'ours', uniqueId: 'ours', at: 1, why: 'found', proof, place: 'new/1' },
      { type: 'listed', key: 'left', uniqueId: 'left', declaredOctets: 1, at: 1 },
      { type: 'skipped', key: 'left', why: 'too large' },
      { type: 'listed', key: 'away', uniqueId: 'away', declaredOctets: 1, at: 1 },
      { type: 'gone', key: 'away', at: 2 },
    ],
    { begun: 7 },
  );
  const ours = journal.letter('ours');
  const letters = list({ ours: 1, left: 1, away: 1, new: 1 });
  assert.deepEqual(adopt(journal, letters, 'fetchmail', NOW), { adopted: 2, known: 2 });
  assert.deepEqual(journal.letter('ours'), ours);
  assert.equal(journal.letter('left')?.state, 'kept');
  assert.equal(journal.letter('away')?.state, 'gone');
  assert.equal(journal.facts.begun, 7);
  const all = [...journal.letters()];
  assert.deepEqual(adopt(journal, letters, 'fetchmail', NOW + 1), { adopted: 0, known: 4 });
  assert.deepEqual([...journal.letters()], all);
});

test('a list of 20,000 letters is adopted', () => {
  const journal = memoryJournal();
  const letters = list(Object.fromEntries(Array.from({ length: 20_000 }, (_, number) => [`UID7-${number}`, 1_000])));
  assert.deepEqual(adopt(journal, letters, 'mpop', NOW), { adopted: 20_000, known: 0 });
  assert.equal(journal.letter('UID7-19999')?.state, 'kept');
});
