import { DAY, DELETE } from './simulation.test-support.ts';
import { bare, header, kept, listed, NOW, print } from './situation.test-support.ts';
import { one, testRows } from './situation-table.test-support.ts';

/** Which letter is which, where unique-ids do not tell. */
testRows([
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
]);
