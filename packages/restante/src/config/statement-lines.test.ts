import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statementLines } from './statement-lines.ts';

test('keys, dotted keys, tables, arrays of tables, and values of several lines', () => {
  const text = `# first
cleartext = "never"

domains = [
  "a.example", # limits.idle = 3
  "b.example",
]
limits.idle = "15 min"
postmaster = """
[listen]
pop3 = "no"
"""

[listen] # here
  pop3 = "off"\r
"lmtp" = 'unix:/x'

[[tls.also]]
cert = "a"
[[tls.also]]
cert = "b"
`;
  const lines = Object.fromEntries(statementLines(text));
  assert.deepEqual(lines, {
    cleartext: 2,
    domains: 4,
    limits: 8,
    'limits.idle': 8,
    postmaster: 9,
    listen: 14,
    'listen.pop3': 15,
    'listen.lmtp': 16,
    tls: 18,
    'tls.also': 18,
  });
});

test('what stands before a mistake is found all the same; nothing is found in nothing', () => {
  assert.deepEqual([...statementLines('a = 1\nb = = 2\nc = 3\n')], [['a', 1]]);
  assert.deepEqual([...statementLines('')], []);
});
