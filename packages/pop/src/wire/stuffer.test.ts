import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Canonicalizer } from './canonical.ts';
import { cut } from './cut.test-support.ts';
import { Stuffer } from './stuffer.ts';
import { Unstuffer } from './unstuffer.ts';

function sent(parts: readonly Uint8Array[]): string {
  const stuffer = new Stuffer();
  const output = parts.map((part) => Buffer.from(stuffer.stuff(part)).toString('latin1'));
  return output.join('') + stuffer.end();
}

const letter = (text: string) => sent([Buffer.from(text, 'latin1')]);

test('a line that begins with a dot gets one more (P3-13)', () => {
  assert.equal(letter('a\r\n.\r\n..\r\n.x\r\nx.\r\n'), 'a\r\n..\r\n...\r\n..x\r\nx.\r\n.\r\n');
});

test('the first octet of a letter begins a line (T9)', () => {
  assert.equal(letter('.a\r\n'), '..a\r\n.\r\n');
});

test('an empty letter is the terminator alone, and a missing line end is put before it (P3-45)', () => {
  assert.equal(letter(''), '.\r\n');
  assert.equal(letter('abc'), 'abc\r\n.\r\n');
  assert.equal(letter('abc\r'), 'abc\r\r\n.\r\n');
});

test('a bare LF is never sent, a bare CR stays in its line (P3-16)', () => {
  assert.equal(letter('a\n.\nb\r.c\r\n'), 'a\r\n..\r\nb\r.c\r\n.\r\n');
  assert.equal(letter('\n'), '\r\n.\r\n');
});

test('octets that need no change are not copied', () => {
  const stuffer = new Stuffer();
  const octets = Buffer.from('a\r\nb . c\r\n');
  assert.equal(stuffer.stuff(octets), octets);
});

test('it knows at every cut whether a line begins', () => {
  const stuffer = new Stuffer();
  assert.equal(stuffer.atLineStart, true);
  stuffer.stuff(Buffer.from('a\r'));
  assert.equal(stuffer.atLineStart, false);
  stuffer.stuff(Buffer.from('\n'));
  assert.equal(stuffer.atLineStart, true);
  assert.equal(Buffer.from(stuffer.stuff(Buffer.from('.'))).toString(), '..');
});

const octets = fc
  .array(fc.constantFrom('\r', '\n', '\r\n', '.', '..', 'a', 'text', '\0', '\xff'), { maxLength: 40 })
  .map((parts) => Buffer.from(parts.join(''), 'latin1'));

test('any cut of any letter is sent alike', () => {
  fc.assert(
    fc.property(octets, fc.array(fc.nat(60)), (input, places) => {
      assert.equal(sent(cut(input, places)), sent([input]));
    }),
    { numRuns: 2_000 },
  );
});

test('no letter makes a bare LF or an early end', () => {
  fc.assert(
    fc.property(octets, (input) => {
      const wire = `\r\n${sent([input])}`;
      assert.doesNotMatch(wire, /(?<!\r)\n/);
      assert.equal(wire.indexOf('\r\n.\r\n'), wire.length - 5);
    }),
    { numRuns: 2_000 },
  );
});

test('what was stuffed is un-stuffed to the canonical letter, whatever the cuts', () => {
  fc.assert(
    fc.property(octets, fc.array(fc.nat(90)), fc.string(), (input, places, behind) => {
      const form = new Canonicalizer();
      const kept = Buffer.concat([form.push(input), form.end()]);
      const wire = Buffer.from(sent([input]) + behind, 'latin1');
      const reader = new Unstuffer();
      const got: Uint8Array[] = [];
      const rest: Uint8Array[] = [];
      for (const part of cut(wire, places)) {
        if (reader.ended) rest.push(part);
        else got.push(reader.unstuff(part));
        if (reader.ended) rest.push(reader.takeRest());
      }
      assert.equal(reader.ended, true);
      assert.equal(Buffer.concat(got).toString('latin1'), kept.toString('latin1'));
      assert.equal(Buffer.concat(rest).toString('latin1'), Buffer.from(behind, 'latin1').toString('latin1'));
    }),
    { numRuns: 2_000 },
  );
});
