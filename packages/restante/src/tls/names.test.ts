import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NameIndex } from './names.ts';

const index = new NameIndex([
  [['post.example', 'localhost'], 'first'],
  [['*.example', 'localhost', 'f*o.test', '*', '*.'], 'second'],
  [['a.example', 'Pop.Café.test'], 'third'],
]);

test('by name, whatever its case, and with a dot at its end', () => {
  assert.equal(index.find('post.example'), 'first');
  assert.equal(index.find('POST.Example'), 'first');
  assert.equal(index.find('post.example.'), 'first');
});

test('of two that have it the earlier; the name itself before a wildcard', () => {
  assert.equal(index.find('localhost'), 'first');
  assert.equal(index.find('a.example'), 'third');
});

test('a wildcard is exactly one whole label (TLS-15)', () => {
  assert.equal(index.find('b.example'), 'second');
  for (const name of ['example', '.example', 'c.b.example', 'foo.test', 'elsewhere', '', '.', '*']) {
    assert.notEqual(index.find(name), 'third', name);
    if (name !== '*') assert.equal(index.find(name), undefined, name);
  }
});
