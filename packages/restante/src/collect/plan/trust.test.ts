import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LetterRecord } from '../journal/journal.ts';
import type { Plan, Situation } from './plan.ts';
import { DAY, DELETE, KEEP } from './simulation.test-support.ts';
import { changesOf, FACTS, kept, listed, NOW, planOf } from './situation.test-support.ts';

function gone(plan: Plan): string[] {
  return changesOf(plan).filter((change) => change.startsWith('gone'));
}

function records(letters: number, changes?: Partial<LetterRecord>): LetterRecord[] {
  return Array.from({ length: letters }, (_, index) => kept(`u${index}`, changes));
}

function first(letters: number): Situation['listing'] {
  return Array.from({ length: letters }, (_, index) => listed(index + 1, `u${index}`));
}

test('a letter that is not listed any more is gone', () => {
  const plan = planOf({ listing: first(2), counted: 2, records: records(3) });
  assert.deepEqual(gone(plan), ['gone u2']);
  assert.deepEqual(plan.warnings, []);
  assert.deepEqual(plan.facts, { lastListed: 2, doubted: undefined });
});

test('of an empty listing nothing is believed, until it has been empty for a day', () => {
  const given = { listing: [], counted: 0, records: records(3) };
  const doubtful = planOf(given);
  assert.deepEqual(gone(doubtful), []);
  assert.deepEqual(doubtful.facts, { doubted: NOW });
  assert.match(doubtful.warnings.join(), /3 letters .* missing at once/);

  const still = planOf({ ...given, facts: { ...FACTS, doubted: NOW - DAY + 1 } });
  assert.deepEqual(gone(still), []);
  assert.deepEqual(still.warnings, [], 'it is said once');
  assert.deepEqual(still.facts, { doubted: NOW - DAY + 1 });

  const believed = planOf({ ...given, facts: { ...FACTS, doubted: NOW - DAY } });
  assert.deepEqual(gone(believed), ['gone u0', 'gone u1', 'gone u2']);
  assert.deepEqual(believed.facts, { lastListed: 0, doubted: undefined });
});

test('a doubt ends when the letters are there again', () => {
  const plan = planOf({ listing: first(3), records: records(3), facts: { ...FACTS, doubted: NOW - 10 * DAY } });
  assert.deepEqual(plan.facts, { lastListed: 3, doubted: undefined });
});

test('most letters missing at once is doubted, of ten or more', () => {
  assert.deepEqual(gone(planOf({ listing: first(9), records: records(20) })), []);
  assert.equal(gone(planOf({ listing: first(10), records: records(20) })).length, 10);
  assert.equal(gone(planOf({ listing: first(1), records: records(10) })).length, 9);
});

test('letters that were to be deleted are expected to be missing: nobody is warned of them (P3-64)', () => {
  for (const state of ['unknown', 'delete-sent'] as const) {
    const plan = planOf({ listing: [], counted: 0, records: records(20, { state }), policy: DELETE });
    assert.equal(gone(plan).length, 20);
    assert.deepEqual(plan.warnings, []);
  }
});

test('a listing that is shorter than STAT says is never believed', () => {
  const plan = planOf({
    listing: first(2),
    counted: 3,
    records: records(3),
    facts: { ...FACTS, doubted: NOW - 9 * DAY },
  });
  assert.deepEqual(gone(plan), []);
  assert.match(plan.warnings.join(), /counts 3 letters and lists 2/);
  assert.deepEqual(plan.facts, {});
});

test('nor is one in which letters have no unique-id while others are missing', () => {
  const listing = [listed(1, 'u0'), listed(2, undefined)];
  const plan = planOf({ listing, counted: 2, records: records(2), headers: new Map([[2, undefined]]) });
  assert.deepEqual(gone(plan), []);
  assert.deepEqual(
    plan.unrecognised.map(({ key }) => key),
    ['u1'],
    'it may be the one that is missing',
  );
  const other = new Map([[2, { fingerprint: 'of another', time: undefined }]]);
  const known = planOf({ listing, counted: 2, records: records(2), headers: other });
  assert.deepEqual(gone(known), []);
  assert.match(known.warnings.join(), /1 letters are listed without a unique-id/);
});

test('a letter that only reading can tell is not taken for gone', () => {
  const plan = planOf({ listing: [listed(1, undefined)], records: [kept('a')], headers: new Map([[1, undefined]]) });
  assert.deepEqual(gone(plan), []);
});

test('what has been gone for long is forgotten, and not because of a listing that is doubted', () => {
  const old = kept('old', { state: 'gone', gone: NOW - 400 * DAY, was: 'kept' });
  assert.deepEqual(changesOf(planOf({ listing: first(1), records: [old, ...records(1)] })), ['forgotten old']);
  assert.deepEqual(changesOf(planOf({ listing: [], records: [old, ...records(1)] })), []);
});

test('whatever is listed: a listing that is short takes no letter for gone', () => {
  const letter = fc.record({ uniqueId: fc.option(fc.constantFrom('u0', 'u1', 'u2', 'u9'), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(letter, { maxLength: 8 }), fc.integer({ min: 1, max: 9 }), (letters, more) => {
      const listing = letters.map(({ uniqueId }, index) => listed(index + 1, uniqueId));
      const headers = new Map(listing.map(({ number }) => [number, undefined]));
      const plan = planOf({ listing, counted: listing.length + more, records: records(4), headers });
      assert.deepEqual(
        gone(plan).filter((change) => !change.includes('?')),
        [],
      );
    }),
  );
});

test('a server that deletes sooner than the policy is warned of (EXT-28)', () => {
  const warnings = (policy: Situation['policy'], expire: Situation['expire']) => planOf({ policy, expire }).warnings;
  assert.match(warnings(KEEP, 30).join(), /after 30 days/);
  assert.match(warnings(KEEP, 0).join(), /once they were fetched/);
  assert.deepEqual(warnings(KEEP, 'never'), []);
  assert.deepEqual(warnings(KEEP, undefined), []);
  assert.deepEqual(warnings(DELETE, 0), []);
  const after = { ...KEEP, afterwards: { type: 'delete-after', milliseconds: 14 * DAY } } as const;
  assert.deepEqual(warnings(after, 14), []);
  assert.match(warnings(after, 13).join(), /after 13 days/);
});

test('another destination is said to get new letters only', () => {
  const { warnings } = planOf({ destination: 'maildir:/other' });
  assert.match(warnings.join(), /kept in maildir:\/m before.* not fetched again.* maildir:\/other/);
  assert.deepEqual(planOf({ facts: { ...FACTS, destination: undefined } }).warnings, []);
});
