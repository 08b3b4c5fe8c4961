import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planRows } from './rows.ts';
import { DELETE } from './simulation.test-support.ts';
import { kept, listed, planOf } from './situation.test-support.ts';

test('a plan is printed step by step, each with its reason', () => {
  const plan = planOf({
    listing: [listed(1, 'a', 3_000_000), listed(2, 'b'), listed(3, 'c', 70)],
    records: [kept('c', { declaredOctets: 70 })],
    headers: new Map([[3, undefined]]),
    policy: { ...DELETE, largest: { octets: 5_000_000, larger: 'skip' } },
  });
  const nothing = { number: undefined, uniqueId: undefined, octets: undefined };
  assert.deepEqual(planRows(plan), [
    { number: 2, uniqueId: 'b', octets: 100, action: 'fetch, delete', why: 'new' },
    {
      number: 3,
      uniqueId: 'c',
      octets: 70,
      action: 'compare, delete',
      why: 'only its octets tell whether it is kept already',
    },
    { ...nothing, action: 'commit', why: 'before a large letter' },
    { number: 1, uniqueId: 'a', octets: 3_000_000, action: 'fetch, delete', why: 'new' },
  ]);
});
