import assert from 'node:assert/strict';
import { test } from 'node:test';
import { facts, table } from './table.ts';

test('columns line up, numbers to the right', () => {
  const rows = [
    ['anna', 7, 'a@example.org'],
    ['bartholomew', 1234567, ''],
  ];
  assert.equal(
    table(['NAME', 'LETTERS', 'ADDRESSES'], rows),
    ['NAME           LETTERS  ADDRESSES', 'anna                 7  a@example.org', 'bartholomew  1,234,567', ''].join(
      '\n',
    ),
  );
});

test('names and values', () => {
  assert.equal(
    facts([
      ['name', 'anna'],
      ['octets', 1024],
      ['addresses', ''],
    ]),
    'name       anna\noctets     1,024\naddresses\n',
  );
});

test('a table of half a million rows', () => {
  const text = table(
    ['N'],
    Array.from({ length: 500_000 }, (_, row) => [row]),
  );
  assert.ok(text.startsWith('      N\n      0\n'));
});
