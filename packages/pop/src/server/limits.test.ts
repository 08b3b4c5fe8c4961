import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPop3Limits, pop3Limits } from './limits.ts';

test('an autologout timer under 10 minutes is refused (P3-17)', () => {
  assert.throws(() => pop3Limits({ idle: 599_999 }), RangeError);
  assert.equal(pop3Limits({ idle: 600_000 }).idle, 600_000);
});

test('a SASL line under 12288 octets is refused (AUTH-14)', () => {
  assert.throws(() => pop3Limits({ saslLine: 12_287 }), RangeError);
});

test('a limit that is no number is refused by name', () => {
  assert.throws(() => pop3Limits({ connections: Number.NaN }), /connections/);
  assert.throws(() => pop3Limits({ failureDelay: -1 }), /failureDelay/);
});

test('what is not given is the default', () => {
  assert.deepEqual(pop3Limits({ failedLogins: 5 }), { ...defaultPop3Limits, failedLogins: 5 });
});
