import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonical } from '../wire/canonical.ts';
import { cut } from '../wire/cut.test-support.ts';
import { measure } from '../wire/measure.ts';
import { TopCut } from './top.ts';

function top(letter: string, lines: number, places: readonly number[] = []): string {
  const octets = Buffer.from(canonical(letter));
  const scan = new TopCut(measure(octets).body, lines);
  let output = '';
  for (const part of cut(octets, places)) {
    if (!scan.done) output += Buffer.from(scan.take(part)).toString();
  }
  return output;
}

const LETTER = 'A: b\r\nC: d\r\n\r\none\r\n\r\nthree\r\n';

test('no lines: the header and the blank line (P3-51, T3)', () => {
  assert.equal(top(LETTER, 0), 'A: b\r\nC: d\r\n\r\n');
});

test('so many lines of the body, those of the header not counted (T3)', () => {
  assert.equal(top(LETTER, 1), 'A: b\r\nC: d\r\n\r\none\r\n');
  assert.equal(top(LETTER, 2), 'A: b\r\nC: d\r\n\r\none\r\n\r\n');
});

test('more lines than there are: the whole letter (P3-52)', () => {
  assert.equal(top(LETTER, 3), LETTER);
  assert.equal(top(LETTER, 999_999), LETTER);
  assert.equal(top(LETTER, Number.POSITIVE_INFINITY), LETTER);
});

test('a letter without a blank line is all header, one that begins with it is all body', () => {
  assert.equal(top('A: b\r\n', 0), 'A: b\r\n');
  assert.equal(top('\r\nbody\r\n', 0), '\r\n');
  assert.equal(top('\r\nbody\r\n', 1), '\r\nbody\r\n');
});

test('any cut gives what the plainest reading gives', () => {
  const letters = fc.array(fc.constantFrom('a\r\n', 'b', '\r\n', '\r', '.', 'A: b\r\n')).map((parts) => parts.join(''));
  fc.assert(
    fc.property(letters, fc.nat(4), fc.array(fc.nat(40)), (letter, lines, places) => {
      const text = Buffer.from(canonical(letter)).toString();
      const blank = `\r\n${text}`.indexOf('\r\n\r\n');
      const body = blank < 0 ? text.length : blank + 2;
      const kept = text
        .slice(body)
        .split('\r\n')
        .slice(0, lines)
        .map((line) => `${line}\r\n`)
        .join('');
      assert.equal(top(letter, lines, places), text.slice(0, body) + kept.slice(0, text.length - body));
    }),
    { numRuns: 2_000 },
  );
});
