import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cut } from './cut.test-support.ts';
import { Inspection } from './inspection.ts';

function look(parts: readonly Uint8Array[]) {
  const inspection = new Inspection();
  for (const part of parts) inspection.look(Buffer.from(part));
  inspection.end();
  const { bareCarriageReturn, bareLineFeed, nul } = inspection.findings;
  return [bareCarriageReturn ?? -1, bareLineFeed ?? -1, nul ?? -1, inspection.octets];
}

test('a CR at the very end of a letter stands alone (SM-21)', () => {
  assert.deepEqual(look([Buffer.from('a\r')]), [1, -1, -1, 2]);
  assert.deepEqual(look([Buffer.from('a\r\n')]), [-1, -1, -1, 3]);
  assert.deepEqual(look([]), [-1, -1, -1, 0]);
});

test('the first of each is found where the plainest reading finds it, cut anywhere (SM-21, SM-24)', () => {
  const letters = fc
    .array(fc.constantFrom('\r', '\n', '\r\n', '.', 'a', '\0'), { maxLength: 24 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(letters, fc.array(fc.nat(30)), (letter, places) => {
      assert.deepEqual(look(cut(Buffer.from(letter, 'latin1'), places)), [
        letter.search(/\r(?!\n)/),
        letter.search(/(?<!\r)\n/),
        letter.indexOf('\0'),
        letter.length,
      ]);
    }),
    { numRuns: 2_000 },
  );
});
