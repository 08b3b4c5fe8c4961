import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { BLOCK, ContentMeasure, isDotted } from './measure.ts';

test('checks and hash are those of the whole content, however it was cut', () => {
  const lengths = fc.oneof(fc.nat(200), fc.integer({ min: BLOCK - 2, max: BLOCK + 2 }), fc.nat(3 * BLOCK));
  fc.assert(
    fc.property(lengths, fc.array(fc.nat(3 * BLOCK), { maxLength: 8 }), (length, places) => {
      const content = Buffer.alloc(length, 'abcdefghijklmnopqrstuvw\r\n');
      const measure = new ContentMeasure();
      let from = 0;
      for (const to of [...places.sort((a, b) => a - b), length]) {
        measure.update(content.subarray(from, to));
        from = Math.max(from, Math.min(to, length));
      }
      const facts = measure.finish();
      assert.equal(facts.octets, length);
      assert.deepEqual(facts.sha256, createHash('sha256').update(content).digest());
      const checks = Buffer.from(facts.checks);
      assert.equal(checks.length, 4 * Math.ceil(length / BLOCK));
      for (let block = 0; block * BLOCK < length; block += 1) {
        assert.equal(checks.readUInt32LE(4 * block), crc32(content.subarray(block * BLOCK, (block + 1) * BLOCK)));
      }
    }),
    { numRuns: 60 },
  );
});

test('whether the last line has its end', () => {
  for (const [text, ended] of [
    ['', true],
    ['\r\n', true],
    ['a\r\n', true],
    ['a', false],
    ['a\r\nb', false],
  ] as const) {
    const measure = new ContentMeasure();
    measure.update(Buffer.from(text));
    assert.equal(measure.ended, ended, JSON.stringify(text));
  }
});

test('a trace field that begins with a dot is noticed', () => {
  assert.equal(isDotted(Buffer.from('A: b\r\n')), false);
  assert.equal(isDotted(Buffer.from('A: b\r\n.c: d\r\n')), true);
  assert.equal(isDotted(Buffer.from('.A: b\r\n')), true);
});
