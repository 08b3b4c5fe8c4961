import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoginDelays } from './login-delays.ts';

test('so many seconds pass between two logins of an account, and none between those of two (EXT-19)', () => {
  let now = 5_000;
  const delays = new LoginDelays(() => now);
  const soon = { name: 'StoreError', kind: 'too-soon' };
  delays.check('anna');
  delays.accepted('anna', 60);
  delays.check('bert');
  now += 59_999;
  assert.throws(() => delays.check('anna'), soon);
  assert.throws(() => delays.check('anna'), soon, 'a try in between makes it no longer');
  now += 1;
  delays.check('anna');
  delays.accepted('anna', 0);
  delays.check('anna');
});

test('no more accounts are remembered than there is room for: those that logged in longest ago are let in early', () => {
  const delays = new LoginDelays(() => 0, 2);
  delays.accepted('anna', 60);
  delays.accepted('bert', 60);
  delays.accepted('anna', 60);
  delays.accepted('carl', 60);
  delays.check('bert');
  for (const name of ['anna', 'carl']) assert.throws(() => delays.check(name));
});
