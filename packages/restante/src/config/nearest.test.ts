import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editDistance, nearest } from './nearest.ts';

test('edit distance', () => {
  assert.equal(editDistance('kitten', 'sitting'), 3);
  assert.equal(editDistance('', 'abc'), 3);
  assert.equal(editDistance('lmtp', 'ltmp'), 1, 'neighbours swapped are one slip');
});

test('near words are found, far ones are not offered', () => {
  const known = ['cleartext', 'domains', 'postmaster'];
  assert.equal(nearest('clear_text', known), 'cleartext');
  assert.equal(nearest('POSTMASTR', known), 'postmaster');
  assert.equal(nearest('undelete', known), undefined);
  assert.equal(nearest('x'.repeat(1_000_000), known), undefined);
});
