import assert from 'node:assert/strict';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../testing/running-office.ts';
import { MboxSource } from './mbox.ts';
import { prepare } from './prepared.ts';

const FROM = 'From pat@example.org Thu Nov 24 18:22:48 1988\n';

function read(text: string | Buffer, quoting: 'mboxrd' | 'none' = 'mboxrd') {
  const path = join(temporaryFolder(), 'mbox');
  writeFileSync(path, text);
  utimesSync(path, 1_000_000_000, 1_000_000_000);
  const source = MboxSource.open(path, { quoting });
  const letters = [...source.letters()].map((letter) => {
    const prepared = prepare(letter);
    const octets = Buffer.concat([...prepared.pieces()]);
    assert.equal(octets.length, prepared.octets);
    return { arrived: prepared.arrived, octets: octets.toString('latin1') };
  });
  assert.equal(source.done, source.extent.sum);
  source.close();
  return { letters, leftOut: source.leftOut };
}

const octetsOf = (text: string | Buffer, quoting?: 'mboxrd' | 'none') =>
  read(text, quoting).letters.map(({ octets }) => octets);

test('letters stand between From lines; the empty line behind each is not theirs, line ends become CRLF', () => {
  assert.deepEqual(octetsOf(`${FROM}A: 1\n\nbody\n\n${FROM}B: 2\n\n`), ['A: 1\r\n\r\nbody\r\n', 'B: 2\r\n']);
  assert.deepEqual(octetsOf(`${FROM}A: 1\n\nbody\n\n\n${FROM}B: 2`), ['A: 1\r\n\r\nbody\r\n\r\n', 'B: 2\r\n']);
});

test('a file with CRLF is one too', () => {
  const crlf = (text: string) => text.replaceAll('\n', '\r\n');
  assert.deepEqual(octetsOf(crlf(`${FROM}A: 1\n\nbody\n\n${FROM}B: 2\n\nx\n\n`)), [
    'A: 1\r\n\r\nbody\r\n',
    'B: 2\r\n\r\nx\r\n',
  ]);
});

test('a missing empty line costs no letter, and no letter an empty line of its own', () => {
  assert.deepEqual(octetsOf(`${FROM}A: 1\n\nbody\n${FROM}B: 2\n`), ['A: 1\r\n\r\nbody\r\n', 'B: 2\r\n']);
});

test('letters without octets, and files without letters', () => {
  assert.deepEqual(octetsOf(''), []);
  assert.deepEqual(octetsOf('\n\n'), []);
  assert.deepEqual(octetsOf(FROM), ['']);
  assert.deepEqual(octetsOf(`${FROM}\n${FROM}\n${FROM}\n\n`), ['', '', '\r\n']);
});

test('Thunderbird’s lines have nothing but From, and begin letters behind an empty line and before a header', () => {
  const file = `${FROM}A: 1\n\nx\n\nFrom \nB: 2\n\nFrom \nis a word\nFrom \nC: 3\n\n>From \ny\n\nFrom \nD: 4\n`;
  const letters = [
    'A: 1\r\n\r\nx\r\n',
    'B: 2\r\n\r\nFrom \r\nis a word\r\nFrom \r\nC: 3\r\n\r\nFrom \r\ny\r\n',
    'D: 4\r\n',
  ];
  assert.deepEqual(octetsOf(file), letters);
  assert.deepEqual(octetsOf(file.replaceAll('\n', '\r\n')), letters);
  assert.deepEqual(octetsOf('From \r\nA: 1\r\n\r\nx\r\n\r\nFrom \r\nB: 2\r\n'), ['A: 1\r\n\r\nx\r\n', 'B: 2\r\n']);
});

test('a line From without a date belongs to the letter, at the beginning of the file it does not', () => {
  assert.deepEqual(octetsOf(`From somebody\nA: 1\n\nx\n\nFrom the beginning\n\n${FROM}B: 2\n`), [
    'A: 1\r\n\r\nx\r\n\r\nFrom the beginning\r\n',
    'B: 2\r\n',
  ]);
});

test('quoted lines: one > is the format’s, unless told otherwise', () => {
  const text = `${FROM}A: 1\n\n>From here\n>>From there\n> From\n`;
  assert.deepEqual(octetsOf(text), ['A: 1\r\n\r\nFrom here\r\n>From there\r\n> From\r\n']);
  assert.deepEqual(octetsOf(text, 'none'), ['A: 1\r\n\r\n>From here\r\n>>From there\r\n> From\r\n']);
});

test('a bare CR stays inside its line (SM-21)', () => {
  assert.deepEqual(octetsOf(`${FROM}A: 1\n\na\rb\n\n`), ['A: 1\r\n\r\na\rb\r\n']);
});

test('it came when its From line says so; else by Received, by Date, by the file', () => {
  const [first, second, third, fourth] = [
    `${FROM}A: 1\n`,
    'From x\nReceived: from a by b;\n\tFri, 1 Jan 2021 00:00:00 +0000\nDate: Sat, 2 Jan 2021 00:00:00 +0000\n',
    'From x\nDate: Sat, 2 Jan 2021 00:00:00 +0000\n',
    'From x\nA: 1\n\nDate: Sat, 2 Jan 2021 00:00:00 +0000\n',
  ].map((text) => read(text).letters[0]?.arrived);
  assert.equal(first, Date.parse('1988-11-24T18:22:48Z'));
  assert.equal(second, Date.parse('2021-01-01'));
  assert.equal(third, Date.parse('2021-01-02'));
  assert.equal(fourth, 1_000_000_000_000);
});

test('the note that UW’s programs keep in an mbox file is no letter', () => {
  const note = `${FROM}X-IMAP: 1 2\nSubject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n\ntext\n\n`;
  const { letters, leftOut } = read(`${note}${FROM}B: 2\n`);
  assert.deepEqual(
    letters.map(({ octets }) => octets),
    ['B: 2\r\n'],
  );
  assert.equal(leftOut.length, 1);
});

test('letters however they lie to the octets that are searched at once, and large ones', () => {
  const big = `${'x'.repeat(70)}\n`.repeat(40_000);
  const sizes = [0, 1, 14_700, 14_770, 14_771, 14_772, 40_000];
  const letters = sizes.map((lines, index) => `N: ${index}\n\n${big.slice(0, lines * 71)}`);
  const text = letters.map((letter) => `${FROM}${letter}\n`).join('');
  assert.deepEqual(
    octetsOf(text),
    letters.map((letter) => letter.replaceAll('\n', '\r\n')),
  );
});

test('a From line that lies across the end of what is searched at once', () => {
  const window = 1024 * 1024;
  for (let shift = -8; shift <= 8; shift += 1) {
    const filler = `${FROM}`.length;
    const body = `${'y'.repeat(window - filler + shift - 2)}\n`;
    assert.equal(octetsOf(`${FROM}${body}\n${FROM}B: 2\n`).length, 2, String(shift));
  }
});

test('another file is refused, with its name', () => {
  assert.throws(() => read('Subject: x\n\n'), /^Failure: .*mbox is no mbox file/);
  assert.throws(
    () => MboxSource.open('/nonexistent/mbox', { quoting: 'mboxrd' }),
    /^Failure: \/nonexistent\/mbox: it is not there/,
  );
});
