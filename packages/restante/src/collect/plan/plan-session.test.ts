import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Policy } from '../account.ts';
import { DAY, DELETE, KEEP } from './simulation.test-support.ts';
import { bare, FACTS, header, kept, listed, NOW, planOf, stepsOf } from './situation.test-support.ts';
import { one, testRows } from './situation-table.test-support.ts';

const AFTER_TWO_DAYS: Policy = { ...KEEP, afterwards: { type: 'delete-after', milliseconds: 2 * DAY } };
const SMALL: Policy = { ...KEEP, largest: { octets: 500, larger: 'skip' } };

testRows([
  { what: 'nothing is there', given: {}, steps: [] },
  { what: 'a new letter', given: { listing: [listed(1, 'a')] }, steps: ['fetch 1'], changes: ['listed a'] },
  {
    what: 'a new letter that is deleted at once',
    given: { listing: [listed(1, 'a')], policy: DELETE },
    steps: ['fetch, delete 1'],
    changes: ['listed a'],
  },
  { what: 'a letter that is kept', given: one(kept('a')), steps: ['leave 1'], changes: [] },
  {
    what: 'a letter that an earlier run kept, and is to be deleted',
    given: one(kept('a'), DELETE),
    steps: ['delete 1'],
  },
  {
    what: 'a letter kept a day ago, to be deleted after two',
    given: one(kept('a'), AFTER_TWO_DAYS),
    steps: ['leave 1'],
  },
  {
    what: 'a letter kept two days ago, to be deleted after two',
    given: one(kept('a', { kept: NOW - 2 * DAY }), AFTER_TWO_DAYS),
    steps: ['delete 1'],
  },
  { what: 'a letter that another program kept is not deleted', given: one(bare('a'), DELETE), steps: ['leave 1'] },
  {
    what: '…unless somebody says so',
    given: one(bare('a'), { ...DELETE, deleteAdopted: true }),
    steps: ['delete 1'],
  },
  {
    what: 'a letter of which only the header is kept is not deleted',
    given: one(kept('a', { headersOnly: true }), { ...DELETE, largest: { octets: 50, larger: 'headers' } }),
    steps: ['leave 1'],
  },
  {
    what: 'one of which only the header is kept, and which is small enough now, is fetched under a key of its own',
    given: one(kept('a', { headersOnly: true })),
    steps: ['fetch 1'],
    changes: ['gone a', 'forgotten a', 'listed a whole'],
  },
  {
    what: 'one that was left for its size, and is small enough now',
    given: one(
      bare('a', { state: 'skipped', kept: undefined, why: 'larger than 50 octets', declaredOctets: 100 }),
      SMALL,
    ),
    steps: ['fetch 1'],
    changes: ['wanted a'],
  },
  {
    what: 'one that was left because it was there before the first run',
    given: one(bare('a', { state: 'skipped', kept: undefined, why: 'it was there before the first run' }), DELETE),
    steps: ['leave 1'],
    changes: ['listed a'],
  },
  {
    what: 'a letter that is too large is left',
    given: { listing: [listed(1, 'a', 501), listed(2, 'b', 500)], policy: SMALL },
    steps: ['fetch 2', 'leave 1'],
    changes: ['listed a', 'skipped a', 'listed b'],
  },
  {
    what: '…or its header is fetched, and then it is not deleted',
    given: { listing: [listed(1, 'a', 501)], policy: { ...DELETE, largest: { octets: 500, larger: 'headers' } } },
    steps: ['fetch its header 1'],
  },
  {
    what: 'a letter that was on its way when the run died is fetched again',
    given: one(bare('a', { state: 'fetching', kept: undefined, attempts: 1, declaredOctets: 100 })),
    steps: ['fetch 1'],
    changes: [],
  },
  {
    what: '…until its attempts are spent',
    given: one(bare('a', { state: 'fetching', kept: undefined, attempts: 3, declaredOctets: 100 })),
    steps: ['leave 1'],
    changes: ['failed a'],
  },
  {
    what: 'a letter that is to be tried later',
    given: one(bare('a', { state: 'listed', kept: undefined, attempts: 1, notBefore: NOW + 1, declaredOctets: 100 })),
    steps: ['leave 1'],
    changes: [],
  },
  {
    what: 'letters that are held or given up are left, whatever the policy',
    given: {
      listing: [listed(1, 'a'), listed(2, 'b')],
      records: [
        bare('a', { state: 'held', declaredOctets: 100 }),
        bare('b', { state: 'given-up', declaredOctets: 100 }),
      ],
      policy: DELETE,
    },
    steps: ['leave 1', 'leave 2'],
    changes: [],
  },
  {
    what: 'a letter of which nobody knows whether it was placed is left',
    given: one(kept('a', { state: 'staged', kept: undefined }), DELETE),
    steps: ['leave 1'],
    changes: [],
  },
  {
    what: 'a letter whose QUIT was not answered, and that is there (P3-64)',
    given: one(kept('a', { state: 'unknown' }), DELETE),
    steps: ['delete 1'],
    changes: ['still-there a'],
  },
  {
    what: '…or is not',
    given: { records: [kept('a', { state: 'unknown' })], policy: DELETE },
    steps: [],
    changes: ['gone a'],
  },
  {
    what: 'a letter that was gone, and is back',
    given: one(kept('a', { state: 'gone', gone: NOW - DAY, was: 'kept' })),
    steps: ['leave 1'],
    changes: ['still-there a'],
  },
  {
    what: 'a letter that was never fetched, was gone, and is back',
    given: one(bare('a', { state: 'gone', gone: NOW - DAY, was: 'listed', kept: undefined, declaredOctets: 100 })),
    steps: ['fetch 1'],
    changes: ['still-there a'],
  },
  {
    what: 'large letters come last, and those that failed before behind them; commits lie in between',
    given: {
      listing: [
        listed(1, 'a', 2_000_000),
        listed(2, 'b'),
        listed(3, 'c'),
        listed(4, 'd', 1_000_000),
        listed(5, 'e'),
        listed(6, 'f'),
        listed(7, 'g'),
      ],
      records: [
        kept('b'),
        bare('c', { state: 'listed', kept: undefined, attempts: 1, declaredOctets: 100 }),
        kept('g'),
      ],
      headers: new Map([
        [2, header('b')],
        [7, header('g')],
      ]),
      policy: DELETE,
    },
    steps: [
      'delete 2',
      'delete 7',
      'fetch, delete 5',
      'commit',
      'fetch, delete 6',
      'commit',
      'fetch, delete 1',
      'commit',
      'fetch, delete 4',
      'commit',
      'fetch, delete 3',
    ],
  },
  {
    what: 'where nothing is deleted there is nothing to commit',
    given: { listing: [listed(1, 'a', 2_000_000), listed(2, 'b', 2_000_000)] },
    steps: ['fetch 1', 'fetch 2'],
  },
  {
    what: 'the first run leaves what is there, where that is wanted',
    given: {
      listing: [listed(1, 'a')],
      facts: { ...FACTS, begun: undefined },
      policy: { ...KEEP, firstRun: { type: 'mark-existing' } },
    },
    steps: ['leave 1'],
    changes: ['listed a', 'skipped a'],
  },
  {
    what: '…or fetches the last',
    given: {
      listing: [listed(1, 'a'), listed(2, 'b'), listed(3, 'c')],
      facts: { ...FACTS, begun: undefined },
      policy: { ...KEEP, firstRun: { type: 'last', letters: 2 } },
    },
    steps: ['fetch 2', 'fetch 3', 'leave 1'],
  },
  {
    what: '…or those since a day, and any that does not say when it came',
    given: {
      listing: [listed(1, 'a'), listed(2, 'b'), listed(3, 'c'), listed(4, 'd')],
      facts: { ...FACTS, begun: undefined },
      policy: { ...KEEP, firstRun: { type: 'since', time: NOW } },
      headers: new Map([
        [1, header('a', NOW - 1)],
        [2, header('b', NOW)],
        [3, header('c')],
        [4, undefined],
      ]),
    },
    steps: ['fetch 2', 'fetch 3', 'fetch 4', 'leave 1'],
  },
  {
    what: '…and no other run',
    given: { listing: [listed(1, 'a')], policy: { ...KEEP, firstRun: { type: 'mark-existing' } } },
    steps: ['fetch 1'],
  },
  {
    what: 'the first run waits for a listing that has all letters',
    given: {
      listing: [listed(1, 'a')],
      counted: 2,
      facts: { ...FACTS, begun: undefined },
      policy: { ...KEEP, firstRun: { type: 'mark-existing' } },
    },
    steps: ['leave 1'],
    changes: [],
  },
]);

test('plan: a letter whose header cannot be had and whose octets are compared is compared with what was kept', () => {
  const record = kept('a');
  const { unrecognised } = planOf({ ...one(record, DELETE), headers: new Map([[1, undefined]]) });
  assert.deepEqual(unrecognised, [record]);
});

test('plan: numbers out of order are put in order', () => {
  assert.deepEqual(stepsOf(planOf({ listing: [listed(2, 'b'), listed(1, 'a')] })), ['fetch 1', 'fetch 2']);
});

test('letters that one listing brings are listed a millisecond apart, in its order, and those that are known stay as they were', () => {
  const listing = [listed(1, 'a'), listed(2, 'known'), listed(3, 'b'), listed(4, 'c')];
  const { changes } = planOf({ listing, records: [kept('known')] });
  const times = changes.flatMap((change) => (change.type === 'listed' ? [[change.uniqueId, change.at]] : []));
  assert.deepEqual(times, [
    ['a', NOW - 3],
    ['b', NOW - 1],
    ['c', NOW],
  ]);
});
