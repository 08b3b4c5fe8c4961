import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Canonicalizer } from '@restante/pop/wire';
import fc from 'fast-check';
import { LineFeeds } from './line-feeds.ts';

function through(text: string, cuts: readonly number[]): string {
  const form = new LineFeeds();
  const ends = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  let out = '';
  for (const end of [...ends, text.length]) {
    out += form.push(Buffer.from(text.slice(from, end), 'latin1')).toString('latin1');
    from = end;
  }
  return out + form.end().toString('latin1');
}

/** Letters in canonical form: no LF but behind a CR, and CRLF at the end. */
const letters = fc
  .array(fc.constantFrom('\r', '\r\n', 'x', '\r\r\n', ''), { maxLength: 30 })
  .map((parts) => `${parts.join('')}\r\n`);

test('every letter comes back octet for octet, wherever it is cut', () => {
  fc.assert(
    fc.property(letters, fc.array(fc.nat(100)), (letter, cuts) => {
      const written = through(letter, cuts);
      assert.equal(written, through(letter, []));
      const form = new Canonicalizer();
      const back = Buffer.concat([form.push(Buffer.from(written, 'latin1')), form.end()]).toString('latin1');
      assert.equal(back, letter);
    }),
  );
});

test('a CRLF becomes LF, but for one behind a CR', () => {
  assert.equal(through('a\r\nb\rc\r\n\r\n', []), 'a\nb\rc\n\n');
  assert.equal(through('a\r\r\nb\r\n', []), 'a\r\r\nb\n');
});
