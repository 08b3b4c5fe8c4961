import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { Secret } from './mechanism.ts';

test('a secret shows itself to nobody who does not ask for it by name', () => {
  const secret = new Secret('tanstaaf');
  for (const printed of [
    `${secret}`,
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ secret }, { showHidden: true }),
  ]) {
    assert.doesNotMatch(printed, /tanstaaf|116/);
  }
  assert.equal(Buffer.from(secret.reveal()).toString(), 'tanstaaf');
});

test('a secret is compared whole', () => {
  const secret = new Secret('tanstaaf');
  assert.equal(secret.matches('tanstaaf'), true);
  assert.equal(secret.matches(Buffer.from('tanstaaf')), true);
  for (const other of ['', 'tanstaa', 'tanstaafl', 'Tanstaaf']) assert.equal(secret.matches(other), false);
});
