import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gathered, PAGE, Pages } from './pages.ts';

test('what finds no pages leaves the octets before it as they were', () => {
  const pages = new Pages(new SharedArrayBuffer(4 * PAGE));
  const other = new Gathered(pages);
  assert.ok(other.append(Buffer.alloc(3 * PAGE, 'another letter ')));
  other.clear();
  const gathered = new Gathered(pages);
  assert.ok(gathered.append(Buffer.from('mine')));
  assert.equal(gathered.append(Buffer.alloc(5 * PAGE)), false);
  assert.equal(Buffer.concat(gathered.pieces()).toString(), 'mine');
  assert.equal(gathered.length, 4);
});

test('pages that were asked for in vain are there for others', () => {
  const pages = new Pages(new SharedArrayBuffer(2 * PAGE));
  const gathered = new Gathered(pages);
  assert.equal(gathered.append(Buffer.alloc(3 * PAGE)), false);
  const other = new Gathered(pages);
  assert.ok(other.append(Buffer.alloc(2 * PAGE)));
});
