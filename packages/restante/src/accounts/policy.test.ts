import assert from 'node:assert/strict';
import { test } from 'node:test';
import { edited, formatPolicy, parsePolicy } from './policy.ts';

test('a policy comes back as it was kept', () => {
  const policy = { quotaOctets: null, expire: 30, networks: ['192.0.2.0/24'], requireTls: true };
  assert.deepEqual(parsePolicy(formatPolicy(policy)), policy);
  assert.deepEqual(parsePolicy('{}'), {});
});

test('an edit sets, and takes back to what the settings say', () => {
  const policy = { quotaOctets: 1000, quotaLetters: 5, sessions: 2 };
  assert.deepEqual(edited(policy, { set: { quotaLetters: null }, unset: ['sessions'] }), {
    quotaOctets: 1000,
    quotaLetters: null,
  });
});

test('what this program does not know is not passed over: it may shut something', () => {
  assert.throws(() => parsePolicy('{"onlyOnSundays":true}'));
  assert.throws(() => parsePolicy('{"sessions":0}'));
});
