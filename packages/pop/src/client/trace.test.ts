import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { Trace } from './trace.ts';

test('nothing that a terminal or a reader could be fooled by is shown', () => {
  const trace = new Trace();
  assert.equal(trace.seemly('\x1b[2J\x07a\u202eb\x9b\x7f'), '\\u{1b}[2J\\u{7}a\\u{202e}b\\u{9b}\\u{7f}');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const shown = trace.seemly(text);
      assert.doesNotMatch(shown, /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u);
      assert.ok(shown.length <= 201);
    }),
    { numRuns: 50 },
  );
});

test('a secret is shown in no form that it is sent in', () => {
  const trace = new Trace();
  trace.hide('analytical engine');
  const base64 = Buffer.from('analytical engine').toString('base64');
  trace.server(`-ERR analytical engine or ${base64}`);
  trace.hide('abc');
  trace.client('USER abc');
  assert.deepEqual(trace.tail, ['S: -ERR [secret] or [secret]', 'C: USER abc']);
  assert.ok(!inspect(trace, { depth: 9, showHidden: true }).includes('engine'));
});

test('only the last lines are kept', () => {
  const trace = new Trace();
  for (let line = 0; line < 1_000; line += 1) trace.client(`${line}`);
  assert.deepEqual([trace.tail.length, trace.tail.at(-1)], [20, 'C: 999']);
});
