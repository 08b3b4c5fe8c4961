import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Policy } from '../account.ts';
import type { LetterRecord } from '../journal/journal.ts';
import type { Situation } from './plan.ts';
import { DAY, DELETE, KEEP } from './simulation.test-support.ts';
import { bare, changesOf, FACTS, header, kept, listed, NOW, planOf, print, stepsOf } from './situation.test-support.ts';

const AFTER_TWO_DAYS: Policy = { ...KEEP, afterwards: { type: 'delete-after', milliseconds: 2 * DAY } };
const SMALL: Policy = { ...KEEP, largest: { octets: 500, larger: 'skip' } };

interface Row {
  readonly what: string;
  readonly given: Partial<Situation>;
  readonly steps: readonly string[];
  readonly changes?: readonly string[];
}

function one(record: LetterRecord, policy: Policy = KEEP, octets: number | undefined = 100): Partial<Situation> {
  const uniqueId = record.uniqueId ?? '';
  const headers = record.fingerprint === undefined ? new Map() : new Map([[1, header(uniqueId)]]);
  return { listing: [listed(1, uniqueId, octets)], records: [record], policy, headers };
}

const ROWS: readonly Row[] = [
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
    what: 'another letter has the unique-id of one that is gone: it is new (P3-56)',
    given: {
      listing: [listed(1, 'a')],
      records: [kept('a', { state: 'gone', gone: NOW - DAY, was: 'kept' })],
      headers: new Map([[1, header('another')]]),
      policy: DELETE,
    },
    steps: ['fetch, delete 1'],
    changes: [`listed a ${print('another')}`],
  },
  {
    what: 'another letter, of another size, has the unique-id of one that is kept: it is new, and not deleted as the old one',
    given: {
      listing: [listed(1, 'a', 200)],
      records: [kept('a')],
      headers: new Map([[1, header('another')]]),
    },
    steps: ['fetch 1'],
    changes: ['gone a', `listed a ${print('another')}`],
  },
  {
    what: 'the size that is listed has changed, the letter has not',
    given: { ...one(kept('a')), listing: [listed(1, 'a', 120)] },
    steps: ['leave 1'],
    changes: ['listed a'],
  },
  {
    what: 'another letter of the same size has the unique-id of one that is to be deleted',
    given: {
      listing: [listed(1, 'a')],
      records: [kept('a')],
      headers: new Map([[1, header('another')]]),
      policy: DELETE,
    },
    steps: ['fetch, delete 1'],
    changes: ['gone a', `listed a ${print('another')}`],
  },
  {
    what: 'without a header to see, what is to be deleted is read and compared',
    given: { listing: [listed(1, 'a')], records: [kept('a')], headers: new Map([[1, undefined]]), policy: DELETE },
    steps: ['compare, delete 1'],
  },
  {
    what: 'a letter that has its unique-id because of its header is read and compared before it is deleted',
    given: one(kept('a', { key: `a ${print('a')}` }), DELETE),
    steps: ['compare, delete 1'],
  },
  {
    what: 'two letters share a unique-id: one is kept, the other is new, and neither is deleted unread (P3-57)',
    given: {
      listing: [listed(1, 'a'), listed(2, 'a', 200)],
      records: [kept('a')],
      headers: new Map([
        [1, header('a')],
        [2, header('b')],
      ]),
      policy: DELETE,
    },
    steps: ['compare, delete 1', 'fetch, delete 2'],
  },
  {
    what: 'letters without a unique-id are known by their headers',
    given: {
      listing: [listed(1, undefined), listed(2, undefined)],
      records: [kept(undefined, { key: 'x', fingerprint: print('b') })],
      headers: new Map([
        [1, header('a')],
        [2, header('b')],
      ]),
    },
    steps: ['fetch 1', 'leave 2'],
    changes: [` ${print('a')}`].map((key) => `listed ${key}`),
  },
  {
    what: 'three letters have a header that two of them had before: only their octets tell which one is new',
    given: {
      listing: [1, 2, 3].map((number) => listed(number, undefined)),
      records: ['x', 'y'].map((key) => kept(undefined, { key, fingerprint: print('a') })),
      headers: new Map([1, 2, 3].map((number) => [number, header('a')])),
    },
    steps: ['compare 1', 'compare 2', 'compare 3'],
  },
  {
    what: 'letters with neither unique-id nor header are read',
    given: { listing: [listed(1, undefined)], records: [kept(undefined)], headers: new Map([[1, undefined]]) },
    steps: ['compare 1'],
  },
  {
    what: 'the server gives all letters other unique-ids: they are known again, and the new one is fetched',
    given: {
      listing: [listed(1, 'x'), listed(2, 'y'), listed(3, 'z')],
      records: [kept('a'), kept('b')],
      headers: new Map([
        [1, header('b')],
        [2, header('a')],
        [3, header('c')],
      ]),
    },
    steps: ['fetch 3', 'leave 1', 'leave 2'],
    changes: [`rebound b to x ${print('b')}`, `rebound a to y ${print('a')}`, `listed z`],
  },
  {
    what: '…but what was gone is not known again',
    given: {
      listing: [listed(1, 'x'), listed(2, 'y')],
      records: [kept('a'), kept('b', { state: 'gone', gone: NOW - DAY, was: 'kept' })],
      headers: new Map([
        [1, header('a')],
        [2, header('b')],
      ]),
    },
    steps: ['fetch 2', 'leave 1'],
  },
  {
    what: '…and without headers, all are read and compared',
    given: {
      listing: [listed(1, 'x'), listed(2, 'y')],
      records: [kept('a'), kept('b')],
      headers: new Map([
        [1, undefined],
        [2, undefined],
      ]),
    },
    steps: ['compare 1', 'compare 2'],
  },
  {
    what: '…of letters whose header is not known, three in a row of the same sizes are known again',
    given: {
      listing: [10, 20, 30, 40].map((octets, index) => listed(index + 1, `x${index}`, octets)),
      records: [10, 20, 30].map((declaredOctets, index) => bare(`a${index}`, { declaredOctets })),
    },
    steps: ['fetch 4', 'leave 1', 'leave 2', 'leave 3'],
    changes: ['rebound a0 to x0', 'rebound a1 to x1', 'rebound a2 to x2', 'listed x3'],
  },
  {
    what: 'one letter has another unique-id: its size gives it away, and its header tells',
    given: {
      listing: [listed(1, 'a'), listed(2, 'x', 77), listed(3, 'c')],
      records: [kept('a'), kept('b', { declaredOctets: 77 }), kept('c')],
      headers: new Map([[2, header('b')]]),
    },
    steps: ['leave 1', 'leave 2', 'leave 3'],
    changes: [`rebound b to x ${print('b')}`],
  },
  {
    what: 'unique-ids that are message-numbers name other letters now',
    given: {
      listing: [listed(1, '1'), listed(2, '2')],
      records: ['1', '2', '3'].map((uniqueId) => kept(uniqueId)),
      headers: new Map([
        [1, header('2')],
        [2, header('3')],
      ]),
    },
    steps: ['leave 1', 'leave 2'],
    changes: ['gone 1'],
  },
  {
    what: 'letters that were kept while only their octets told them have a key of their own from then on',
    given: { ...one(kept('a', { key: ' ? 1 1' })) },
    steps: ['leave 1'],
    changes: [`rebound  ? 1 1 to a ${'a'.repeat(64)}`],
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
];

for (const { what, given, steps, changes } of ROWS) {
  test(`plan: ${what}`, () => {
    const plan = planOf(given);
    assert.deepEqual(stepsOf(plan), steps);
    if (changes !== undefined) assert.deepEqual(changesOf(plan), changes);
    for (const step of plan.steps) assert.match(step.why, /^[a-z0-9][^\n]*$/, 'a reason for people');
  });
}

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
