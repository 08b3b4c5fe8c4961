import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LocalLetter } from './letter.ts';

function letter(text: string, cuts: readonly number[] = []): LocalLetter {
  const ends = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  const pieces: Buffer[] = [];
  let from = 0;
  for (const end of [...ends, text.length]) {
    pieces.push(Buffer.from(text.slice(from, end), 'latin1'));
    from = end;
  }
  return new LocalLetter(() => pieces);
}

const sent = (from: LocalLetter) => Buffer.concat([...from.stuffed()]).toString('latin1');

test('LF ends a line, a bare CR stays, the last line gets its end (SM-21, SM-26)', () => {
  assert.equal(sent(letter('A: 1\n\nx\ry\r\nend')), 'A: 1\r\n\r\nx\ry\r\nend\r\n.\r\n');
  assert.equal(sent(letter('')), '.\r\n');
});

test('lines that begin with a dot have one more (SM-22)', () => {
  assert.equal(sent(letter('.\n..\na.\n')), '..\r\n...\r\na.\r\n.\r\n');
});

test('a first line From is dropped, wherever it is cut; no other is', () => {
  const text = 'From pat Fri Sep  1 12:00:00 2023\nFrom: x\n\nFrom here\n';
  for (let cut = 0; cut <= text.length; cut += 1) {
    assert.equal(sent(letter(text, [cut])), 'From: x\r\n\r\nFrom here\r\n.\r\n');
  }
  assert.equal(sent(letter('From: x\n')), 'From: x\r\n.\r\n');
  assert.equal(sent(letter('Fro')), 'Fro\r\n.\r\n');
  assert.equal(sent(letter('From without an end')), '.\r\n');
});

test('what is told of it is what is sent, wherever it is cut', () => {
  const parts = fc.array(fc.constantFrom('\r', '\n', '\r\n', 'x', '.', 'ü', 'From '), { maxLength: 20 });
  fc.assert(
    fc.property(parts, fc.array(fc.nat(60)), (all, cuts) => {
      const it = letter(all.join(''), cuts);
      const octets = sent(it);
      assert.equal(octets, sent(letter(all.join(''))));
      const plain = octets.slice(0, -3).replaceAll(/(^|(?<=\r\n))\./g, '');
      assert.deepEqual(it.look(), {
        size: plain.length,
        eightBit: plain.includes('ü'),
        bareCr: /\r(?!\n)/.test(plain),
      });
    }),
  );
});
