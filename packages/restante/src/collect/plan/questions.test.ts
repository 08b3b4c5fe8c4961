import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListedLetter } from './plan.ts';
import { DELETE, KEEP } from './simulation.test-support.ts';
import { bare, FACTS, header, kept, listed, planOf, stepsOf, wantedOf } from './situation.test-support.ts';

const NOT_SIZED = { sized: false } as const;

function unsized(letters: number, from = 1): ListedLetter[] {
  return Array.from({ length: letters }, (_, index) => listedUnsized(from + index));
}

function listedUnsized(number: number): ListedLetter {
  return { number, uniqueId: `u${number}`, octets: undefined };
}

test('nothing is asked where nothing is new: not of ten thousand letters, nor with a limit on sizes', () => {
  const listing = unsized(10_000);
  const records = listing.map(({ uniqueId }) => kept(uniqueId));
  const given = { ...NOT_SIZED, listing, records, counted: 10_000, countedOctets: 1_000_000 };
  assert.equal(planOf(given).steps.length, 10_000);
  const largest = { octets: 50, larger: 'skip' } as const;
  assert.equal(planOf({ ...given, policy: { ...KEEP, largest } }).steps.length, 10_000);
});

test('of a few new letters among many each is asked for its size; of more, or among few, all are', () => {
  const records = unsized(2_000).map(({ uniqueId }) => kept(uniqueId));
  const few = [2_001, 2_002];
  assert.deepEqual(wantedOf({ ...NOT_SIZED, listing: unsized(2_002), records }), { sizes: few, headers: [] });
  assert.deepEqual(wantedOf({ ...NOT_SIZED, listing: unsized(2_021), records }), { sizes: 'all', headers: [] });
  assert.deepEqual(wantedOf({ ...NOT_SIZED, listing: unsized(2) }), { sizes: 'all', headers: [] });
});

test('a letter whose size nobody tells is fetched all the same', () => {
  const plan = planOf({
    listing: [listed(1, 'a', undefined), listedUnsized(2)],
    policy: { ...KEEP, largest: { octets: 1, larger: 'skip' } },
  });
  assert.deepEqual(stepsOf(plan), ['fetch 2', 'leave 1']);
});

test('STAT tells when letters have changed places under the same unique-ids', () => {
  const listing = unsized(2);
  const records = [kept('u1'), kept('u2')];
  const given = { ...NOT_SIZED, listing, records, counted: 2 };
  assert.deepEqual(wantedOf({ ...given, countedOctets: 201 }), { sizes: 'all', headers: [] });
  const sized = listing.map((letter, index) => ({ ...letter, octets: 100 + index }));
  assert.deepEqual(wantedOf({ ...given, sized: true, listing: sized }), { sizes: [], headers: [2] });
  assert.deepEqual(stepsOf(planOf({ ...given, sized: true, listing: sized, headers: new Map([[2, header('new')]]) })), [
    'fetch 2',
    'leave 1',
  ]);
});

test('sizes of letters that another program has kept are learnt once', () => {
  const listing = unsized(1);
  const given = { ...NOT_SIZED, listing, records: [bare('u1')], counted: 1, countedOctets: 100 };
  assert.deepEqual(wantedOf(given), { sizes: 'all', headers: [] });
  const { changes } = planOf({ ...given, sized: true, listing: [listed(1, 'u1')] });
  assert.equal(changes.length, 1);
  assert.equal(changes[0]?.type === 'listed' && changes[0].declaredOctets, 100);
});

test('headers are asked for where letters cannot be known otherwise', () => {
  const none = { sizes: [], headers: [1] };
  assert.deepEqual(wantedOf({ listing: [listed(1, undefined)] }), none, 'no unique-id');
  assert.deepEqual(
    wantedOf({ listing: [listed(1, 'a')], records: [kept('a')], policy: DELETE }),
    none,
    'to be deleted',
  );
  const gone = kept('a', { state: 'gone', gone: 1, was: 'kept' });
  assert.deepEqual(wantedOf({ listing: [listed(1, 'a')], records: [gone] }), none, 'back');
  const unknown = kept('a', { state: 'unknown' });
  assert.deepEqual(wantedOf({ listing: [listed(1, 'a')], records: [unknown] }), none, 'deleted, or not');
  assert.deepEqual(wantedOf({ listing: [listed(1, 'a', 7)], records: [kept('a')] }), none, 'another size');
  assert.deepEqual(wantedOf({ listing: [listed(1, 'x')], records: [kept('a')] }), none, 'another server');
  assert.deepEqual(wantedOf({ listing: [listed(1, '1')], records: [kept('1')] }), none, 'a message-number?');
  assert.deepEqual(
    wantedOf({ listing: [listed(1, 'a'), listed(2, 'a')] }),
    { sizes: [], headers: [1, 2] },
    'a unique-id that is shared',
  );
});

test('headers are asked for by a first run that goes by dates, of those letters only that are not known', () => {
  const policy = { ...KEEP, firstRun: { type: 'since', time: 0 } } as const;
  const given = { listing: [listed(1, 'a'), listed(2, 'b')], records: [bare('a')], policy };
  assert.deepEqual(wantedOf({ ...given, facts: { ...FACTS, begun: undefined } }), { sizes: [], headers: [2] });
  assert.deepEqual(stepsOf(planOf(given)), ['fetch 2', 'leave 1']);
});

test('no header is asked for where a letter left and another one came', () => {
  const records = [kept('a'), kept('b'), kept('c')];
  const plan = planOf({ listing: [listed(1, 'a'), listed(2, 'b'), listed(3, 'd', 77)], records });
  assert.deepEqual(stepsOf(plan), ['fetch 3', 'leave 1', 'leave 2']);
});
