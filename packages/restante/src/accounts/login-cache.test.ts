import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { Secret } from '@restante/pop/sasl';
import type { Account } from './account.ts';
import { LoginCache } from './login-cache.ts';

function account(name: string, credentialVersion = 1): Account {
  return { name, addresses: [], passwordHash: '', credentialVersion, disabled: false, policy: {}, created: 0 };
}

test('what was learnt is known, for this account and password only', () => {
  const cache = new LoginCache();
  const anna = account('anna');
  cache.learn(anna, cache.mark(anna, new Secret('pw')));
  assert.ok(cache.knows(anna, cache.mark(anna, new Secret('pw'))));
  assert.ok(!cache.knows(anna, cache.mark(anna, new Secret('pw '))));
  assert.ok(!cache.knows(account('ann'), cache.mark(account('ann'), new Secret('apw'))));
  assert.ok(!cache.knows(account('bert'), cache.mark(account('bert'), new Secret('pw'))));
});

test('a new credential version makes it void, and an old row does not bring it back', () => {
  const cache = new LoginCache();
  const mark = cache.mark(account('anna'), new Secret('pw'));
  cache.learn(account('anna', 1), mark);
  assert.ok(!cache.knows(account('anna', 2), mark));
  assert.ok(!cache.knows(account('anna', 1), mark), 'it was dropped');
});

test('it is bounded, and the one that was used longest ago goes', () => {
  const cache = new LoginCache(3);
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => account(name)) as [Account, Account, Account, Account];
  const mark = (of: Account): string => cache.mark(of, new Secret('pw'));
  for (const of of [a, b, c]) cache.learn(of, mark(of));
  assert.ok(cache.knows(a, mark(a)));
  cache.learn(d, mark(d));
  assert.deepEqual(
    [a, b, c, d].map((of) => cache.knows(of, mark(of))),
    [true, false, true, true],
  );
});

test('marks are good in this process only, and show nothing', () => {
  const anna = account('anna');
  const mark = new LoginCache().mark(anna, new Secret('pw'));
  assert.notEqual(mark, new LoginCache().mark(anna, new Secret('pw')));
  assert.ok(!inspect(mark).includes('pw'));
});
