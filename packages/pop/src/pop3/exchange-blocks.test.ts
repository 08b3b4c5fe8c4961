import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineReader } from '../wire/line-reader.ts';
import { ListingBlocks } from './exchange-blocks.ts';

const LINE = 12;

/** What comes of a listing that is taken line by line. */
function oneByOne(octets: Buffer, most: number): { readonly lines: string; readonly wrong: boolean } {
  const reader = new LineReader({ limit: LINE, bareLineFeed: false });
  reader.push(octets);
  let lines = '';
  let unfinished = octets.length;
  for (let count = 1; ; count += 1) {
    const line = reader.next();
    if (line === undefined) return { lines, wrong: unfinished > LINE };
    if (typeof line === 'string' || count > most) return { lines, wrong: true };
    lines += `${line.toString('latin1')}\r\n`;
    unfinished = reader.pending;
  }
}

function inBlocks(parts: readonly Buffer[], most: number): { readonly lines: string; readonly wrong: boolean } {
  const blocks = new ListingBlocks({ line: LINE, lines: most });
  let said = '';
  for (const part of parts) {
    const { lines, wrong } = blocks.take(part);
    said += lines.toString('latin1');
    if (wrong !== undefined) return { lines: said, wrong: true };
  }
  return { lines: said, wrong: false };
}

test('whole lines come as they are, cut anywhere, and what is no line is refused as it is one by one', () => {
  const pieces = fc.array(fc.constantFrom('1 a', '12345678', '\r\n', '\r\n', '\r\n', '\r', '\n', ' '), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(pieces, fc.array(fc.nat(40), { maxLength: 6 }), fc.integer({ min: 1, max: 8 }), (some, cuts, most) => {
      const octets = Buffer.from(some.join(''), 'latin1');
      const at = [
        0,
        ...cuts.map((cut) => Math.min(cut, octets.length)).sort((one, other) => one - other),
        octets.length,
      ];
      const parts = at.slice(1).map((end, index) => octets.subarray(at[index], end));
      assert.deepEqual(inBlocks(parts, most), oneByOne(octets, most));
    }),
    { numRuns: 2_000 },
  );
});

test('a listing of nothing but long lines is too much before it has too many of them', () => {
  const blocks = new ListingBlocks({ line: 16_384, lines: 10 });
  const line = Buffer.from(`${'1'.repeat(8_000)}\r\n`);
  const answers = Array.from({ length: 5 }, () => blocks.take(line).wrong);
  assert.deepEqual(answers, [undefined, undefined, undefined, 'too-much', 'too-much']);
});

test('a line that comes octet by octet is one line', () => {
  const blocks = new ListingBlocks({ line: 16_384, lines: 10 });
  const line = `${'x'.repeat(1_000)}\r\n`;
  const come = [...line].map((octet) => blocks.take(Buffer.from(octet)).lines.toString());
  assert.deepEqual(
    come.filter((lines) => lines !== ''),
    [line],
  );
});
