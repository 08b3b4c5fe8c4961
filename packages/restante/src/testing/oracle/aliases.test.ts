import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AliasPromises } from './aliases.ts';

const address = '0@alias.example';
const everybody = new Set(['one', 'two']);

test('a change that was not answered may be there, also after it was asked for something else', () => {
  const promises = new AliasPromises();
  promises.record({ type: 'aliasing', address, accounts: ['one'] });
  promises.record({ type: 'aliased', address, accounts: ['one'] });
  promises.record({ type: 'aliasing', address, accounts: [] });
  // The office was lost here, and its next life is asked for this before anybody looks.
  promises.record({ type: 'aliasing', address, accounts: ['one'] });
  assert.deepEqual(promises.verify([], everybody), []);
});

test('what is neither promised nor asked for is a violation', () => {
  const promises = new AliasPromises();
  promises.record({ type: 'aliasing', address, accounts: ['one'] });
  promises.record({ type: 'aliased', address, accounts: ['one'] });
  promises.record({ type: 'aliasing', address, accounts: ['two'] });
  promises.record({ type: 'aliased', address, accounts: ['two'] });
  assert.deepEqual(promises.verify([{ address, accounts: ['one'] }], everybody), [
    { kind: 'lost', maildrop: address, what: 'leads to one, not to two' },
  ]);
});
