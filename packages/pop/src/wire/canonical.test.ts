import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Canonicalizer, canonical } from './canonical.ts';
import { cut } from './cut.test-support.ts';
import { Measure, measure } from './measure.ts';

const form = (text: string) => Buffer.from(canonical(Buffer.from(text, 'latin1'))).toString('latin1');

test('a lone LF becomes CRLF, and the last line gets its CRLF (P3-45)', () => {
  assert.equal(form('a\nb\r\n\nc'), 'a\r\nb\r\n\r\nc\r\n');
  assert.equal(form('abc').length, 5);
});

test('a bare CR stays inside its line', () => {
  assert.equal(form('a\rb\r'), 'a\rb\r\r\n');
});

test('a letter without octets stays so', () => {
  assert.equal(form(''), '');
});

test('canonical octets are not copied', () => {
  const octets = Buffer.from('a\r\nb\r\n');
  assert.equal(canonical(octets), octets);
});

const letters = fc
  .array(fc.constantFrom('\r', '\n', '\r\n', '.', 'a', 'field: b', '\r\n\r\n'), { maxLength: 30 })
  .map((parts) => Buffer.from(parts.join('')));

test('any cut gives the same canonical form, and that form is its own', () => {
  fc.assert(
    fc.property(letters, fc.array(fc.nat(60)), (letter, places) => {
      const cutForm = new Canonicalizer();
      const got = Buffer.concat([...cut(letter, places).map((part) => cutForm.push(part)), cutForm.end()]);
      assert.deepEqual(got, Buffer.from(canonical(letter)));
      assert.equal(canonical(got), got);
      assert.doesNotMatch(got.toString(), /(?<!\r)\n/);
    }),
    { numRuns: 2_000 },
  );
});

test('octets, body and dots of a letter', () => {
  assert.deepEqual(measure(Buffer.from('A: b\r\n\r\nbody\r\n')), { octets: 14, body: 8, dotted: false });
  assert.deepEqual(measure(Buffer.from('A: b\r\n\r\n.\r\n')), { octets: 11, body: 8, dotted: true });
  assert.deepEqual(measure(Buffer.from('.A: b\r\n')), { octets: 7, body: 7, dotted: true });
  assert.deepEqual(measure(Buffer.from('\r\nbody\r\n')), { octets: 8, body: 2, dotted: false });
  assert.deepEqual(measure(Buffer.from('')), { octets: 0, body: 0, dotted: false });
});

test('any cut gives the same measurements, and they are those of the plainest reading', () => {
  fc.assert(
    fc.property(letters, fc.array(fc.nat(60)), (letter, places) => {
      const octets = Buffer.from(canonical(letter));
      const scanner = new Measure();
      for (const part of cut(octets, places)) scanner.push(part);
      const text = `\r\n${octets.toString()}`;
      const blank = text.indexOf('\r\n\r\n');
      assert.deepEqual(scanner.end(), {
        octets: octets.length,
        body: blank < 0 ? octets.length : blank + 2,
        dotted: text.includes('\n.'),
      });
    }),
    { numRuns: 2_000 },
  );
});
