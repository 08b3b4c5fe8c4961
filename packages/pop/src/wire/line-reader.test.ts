import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cut } from './cut.test-support.ts';
import { type Line, LineReader, type LineReaderOptions } from './line-reader.ts';

const tolerant: LineReaderOptions = { limit: 20, bareLineFeed: true };
const strict: LineReaderOptions = { limit: 20, bareLineFeed: false };

function read(parts: readonly Uint8Array[], options: LineReaderOptions): string[] {
  const reader = new LineReader(options);
  const lines: string[] = [];
  for (const part of parts) {
    reader.push(part);
    for (let line = reader.next(); line !== undefined; line = reader.next()) lines.push(shown(line));
  }
  return lines;
}

const shown = (line: Line): string => (typeof line === 'string' ? `<${line}>` : `${line?.toString('latin1')}`);
const lines = (text: string, options = tolerant) => read([Buffer.from(text, 'latin1')], options);

test('a line ends with CRLF, and is handed out without it', () => {
  assert.deepEqual(lines('USER a\r\nPASS  b \r\n\r\nQUI'), ['USER a', 'PASS  b ', '']);
});

test('a bare CR never ends a line (P3-10)', () => {
  assert.deepEqual(lines('NOOP\r'), []);
  assert.deepEqual(lines('NO\rOP\r\r\n'), ['NO\rOP\r']);
});

test('a bare LF ends a line where it is tolerated (P3-10)', () => {
  assert.deepEqual(lines('NOOP\nSTAT\r\n\n'), ['NOOP', 'STAT', '']);
});

test('where a bare LF is refused it is told of at once, and its line still ends with CRLF only (SM-21)', () => {
  assert.deepEqual(lines('NOOP\n', strict), ['<bare-line-feed>']);
  assert.deepEqual(lines('RCPT\nDATA\r\nQUIT\r\n', strict), ['<bare-line-feed>', 'QUIT']);
  assert.deepEqual(lines('a\nb\nc\r\nQUIT\r\n', strict), ['<bare-line-feed>', 'QUIT']);
});

test('the limit counts the line end', () => {
  assert.deepEqual(lines(`${'x'.repeat(18)}\r\n`), ['x'.repeat(18)]);
  assert.deepEqual(lines(`${'x'.repeat(19)}\r\n`), ['<too-long>']);
  assert.deepEqual(lines(`${'x'.repeat(19)}\n`), ['x'.repeat(19)]);
  assert.deepEqual(lines(`${'x'.repeat(19)}\n\r\n`, strict), ['<bare-line-feed>']);
  assert.deepEqual(lines(`${'x'.repeat(20)}\nQUIT\r\nQUIT\r\n`, strict), ['<too-long>', 'QUIT']);
});

test('an over-long line is told of once, at its end, and its tail is no command (P3-11)', () => {
  assert.deepEqual(lines(`${'x'.repeat(100_000)}QUIT\r\nNOOP\r\n`), ['<too-long>', 'NOOP']);
  assert.deepEqual(lines('x'.repeat(100_000)), []);
});

test('a line of 100 MB is passed over in bounded memory (P3-11)', () => {
  const reader = new LineReader({ limit: 12_288, bareLineFeed: true });
  const part = Buffer.alloc(65_536, 'x');
  let most = 0;
  for (let octets = 0; octets < 100e6; octets += part.length) {
    reader.push(part);
    assert.equal(reader.next(), undefined);
    most = Math.max(most, reader.pending);
  }
  assert.equal(most, 0);
  reader.push(Buffer.from('QUIT\r\nNOOP\r\n'));
  assert.equal(reader.next(), 'too-long');
  assert.equal(shown(reader.next()), 'NOOP');
});

test('what is pending counts everything not handed out, and takeRest gives exactly that', () => {
  const reader = new LineReader(tolerant);
  reader.push(Buffer.from('ST'));
  assert.equal(reader.next(), undefined);
  reader.push(Buffer.from('LS\r\nUS'));
  reader.push(Buffer.from('ER a\r\n'));
  assert.equal(reader.pending, 14);
  assert.equal(shown(reader.next()), 'STLS');
  assert.equal(reader.pending, 8);
  assert.equal(reader.takeRest().toString(), 'USER a\r\n');
  assert.equal(reader.pending, 0);
  assert.equal(reader.next(), undefined);
  reader.push(Buffer.from('NOOP\r\n'));
  assert.equal(shown(reader.next()), 'NOOP');
});

test('many small chunks that wait are kept, in order', () => {
  const reader = new LineReader(tolerant);
  for (let i = 0; i < 1_000; i += 1) reader.push(Buffer.from(i % 10 === 9 ? '\n' : `${i % 10}`));
  assert.equal(reader.pending, 1_000);
  let count = 0;
  for (let line = reader.next(); line !== undefined; line = reader.next()) {
    assert.equal(shown(line), '012345678');
    count += 1;
  }
  assert.equal(count, 100);
});

test('any cut of any octets gives the same lines', () => {
  const octets = fc
    .array(fc.constantFrom('\r', '\n', '\r\n', 'a', 'bc', 'x'.repeat(9), '.'), { maxLength: 40 })
    .map((parts) => Buffer.from(parts.join('')));
  fc.assert(
    fc.property(octets, fc.array(fc.nat(60)), fc.boolean(), (input, places, bareLineFeed) => {
      const options = { limit: 20, bareLineFeed };
      assert.deepEqual(read(cut(input, places), options), read([input], options));
    }),
    { numRuns: 2_000 },
  );
});
