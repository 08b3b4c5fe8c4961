import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cut } from './cut.test-support.ts';
import { Unstuffer } from './unstuffer.ts';

function read(parts: readonly Uint8Array[]) {
  const reader = new Unstuffer();
  const got: Buffer[] = [];
  const rest: Uint8Array[] = [];
  for (const part of parts) {
    if (reader.ended) rest.push(part);
    else got.push(reader.unstuff(part));
    if (reader.ended) rest.push(reader.takeRest());
  }
  const letter = Buffer.concat(got).toString('latin1');
  const behind = Buffer.concat(rest).toString('latin1');
  return { letter, behind, ended: reader.ended, octets: reader.octets, ...reader.findings };
}

const whole = (text: string) => read([Buffer.from(text, 'latin1')]);

test('a letter ends with CRLF . CRLF, and keeps the CRLF before the dot (SM-23)', () => {
  const { letter, behind, ended, octets } = whole('a\r\nb\r\n.\r\nQUIT\r\n');
  assert.deepEqual([letter, behind, ended, octets], ['a\r\nb\r\n', 'QUIT\r\n', true, 6]);
});

test('a dot at once is an empty letter', () => {
  assert.deepEqual([whole('.\r\n').letter, whole('.\r\n').ended], ['', true]);
});

test('one leading dot is removed where more follows, no other dot is (SM-22)', () => {
  assert.equal(whole('..\r\n.x\r\n...\r\na.\r\n.\r\n').letter, '.\r\nx\r\n..\r\na.\r\n');
});

for (const [name, end] of Object.entries({
  'LF . LF': '\n.\n',
  'LF . CRLF': '\n.\r\n',
  'CRLF . LF': '\r\n.\n',
  'CR . CR': '\r.\r',
  'CRLF . CR': '\r\n.\r',
  'CR . CRLF': '\r.\r\n',
  'CRLF . NUL CRLF': '\r\n.\0\r\n',
  'CRLF . CR CRLF': '\r\n.\r\r\n',
})) {
  test(`${name} does not end a letter (SM-20)`, () => {
    const { ended, letter } = whole(`a${end}MAIL FROM:<>\r\n`);
    assert.equal(ended, false);
    assert.ok(letter.includes('MAIL FROM:<>\r\n'));
  });
}

test('a dot behind a lone LF is kept, since no line begins there', () => {
  assert.equal(whole('a\n..b\r\n.\r\n').letter, 'a\n..b\r\n');
});

test('a bare CR, a bare LF and a NUL are noted where they first stand in the letter (SM-21, SM-24)', () => {
  const found = whole('..a\r\nb\rc\r\nd\ne\0\r\n.\r\n');
  assert.equal(found.letter, '.a\r\nb\rc\r\nd\ne\0\r\n');
  assert.deepEqual([found.bareCarriageReturn, found.bareLineFeed, found.nul], [5, 10, 12]);
  const clean = whole('a\r\n\r\n..\r\n.\r\n');
  assert.deepEqual([clean.bareCarriageReturn, clean.bareLineFeed, clean.nul], [undefined, undefined, undefined]);
});

test('without findings the letter is the same, and nothing was looked for', () => {
  const reader = new Unstuffer({ findings: false });
  assert.equal(reader.unstuff(Buffer.from('..a\rb\nc\0\r\n.\r\n')).toString(), '.a\rb\nc\0\r\n');
  assert.deepEqual([reader.ended, reader.octets], [true, 9]);
  assert.deepEqual(reader.findings, { bareCarriageReturn: undefined, bareLineFeed: undefined, nul: undefined });
});

test('octets without dots are not copied', () => {
  const input = Buffer.from('a\r\nb\r\n');
  const output = new Unstuffer().unstuff(input);
  assert.equal(output.buffer, input.buffer);
  assert.equal(output.byteOffset, input.byteOffset);
});

test('octets behind the end are the caller’s fault', () => {
  const reader = new Unstuffer();
  reader.unstuff(Buffer.from('.\r\n'));
  assert.throws(() => reader.unstuff(Buffer.from('x')));
});

/** The letter by the plainest reading there is, to check the fast one against. */
function plainly(wire: string) {
  const end = `\r\n${wire}`.indexOf('\r\n.\r\n');
  const stuffed = end < 0 ? wire : wire.slice(0, end);
  return { ended: end >= 0, letter: `\r\n${stuffed}`.replaceAll('\r\n.', '\r\n').slice(2) };
}

const wires = fc
  .array(fc.constantFrom('\r', '\n', '\r\n', '.', '\r\n.', '\r\n.\r', 'a', '\0'), { maxLength: 24 })
  .map((parts) => parts.join(''));

test('any octets, cut anywhere, are read as by the plainest reading', () => {
  fc.assert(
    fc.property(wires, fc.array(fc.nat(50)), (wire, places) => {
      const expected = plainly(wire);
      const fast = read(cut(Buffer.from(wire, 'latin1'), places));
      assert.equal(fast.ended, expected.ended);
      if (!fast.ended) return;
      assert.equal(fast.letter, expected.letter);
      const bareCR = expected.letter.search(/\r(?!\n)/);
      const bareLF = expected.letter.search(/(?<!\r)\n/);
      const nul = expected.letter.indexOf('\0');
      assert.deepEqual(
        [fast.bareCarriageReturn ?? -1, fast.bareLineFeed ?? -1, fast.nul ?? -1, fast.octets],
        [bareCR, bareLF, nul, expected.letter.length],
      );
    }),
    { numRuns: 5_000 },
  );
});

test('what is held back at a cut is a dot, or a dot and CR, and never more', () => {
  const reader = new Unstuffer();
  const given = ['a\r\n', '.', '\r', 'b'].map((part) => reader.unstuff(Buffer.from(part)).toString());
  assert.deepEqual(given, ['a\r\n', '', '', '\rb']);
});
