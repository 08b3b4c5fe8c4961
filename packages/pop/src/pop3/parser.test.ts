import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Arguments } from './commands.ts';
import { argumentOf, keywordOf, parseNumber } from './parser.ts';

const line = (text: string) => Buffer.from(text, 'latin1');
const parse = (shape: keyof Arguments, text: string) => argumentOf(shape, keywordOf(line(text)), line(text));

test('a keyword is known in any case, and is 3 or 4 characters (P3-03, P3-04)', () => {
  assert.equal(keywordOf(line('sTaT')), 'STAT');
  assert.equal(keywordOf(line('top 1 2')), 'TOP');
  assert.equal(keywordOf(line('STATS')), '');
  assert.equal(keywordOf(line(' STAT')), '');
  assert.equal(keywordOf(line('')), '');
});

test('a number is decimal digits, whatever their number; leading zeros are decimal (P3-50, T1, T10)', () => {
  for (const [digits, number] of [
    ['1', 1],
    ['0', 0],
    ['007', 7],
    ['000', 0],
    ['999999999999999', 999_999_999_999_999],
  ] as const) {
    assert.equal(parseNumber(digits), number);
  }
  assert.equal(parseNumber('4294967297'), 4_294_967_297);
  assert.equal(parseNumber('9'.repeat(20)), Number.POSITIVE_INFINITY);
  assert.equal(parseNumber(`${'0'.repeat(200)}7`), 7);
});

test('anything else is no number (P3-50)', () => {
  for (const text of [
    '',
    '+1',
    '-1',
    '1.5',
    '0x1',
    '1e3',
    ' 1',
    '1 ',
    '１',
    'one',
    '1,2',
    'Infinity',
    'NaN',
    '1\0',
    '\xb2',
  ]) {
    assert.equal(parseNumber(text), undefined, JSON.stringify(text));
  }
});

test('no text makes a number that is not its digits’', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const number = parseNumber(text);
      assert.equal(number !== undefined, /^[0-9]+$/.test(text));
      if (number !== undefined && Number.isFinite(number)) assert.equal(BigInt(number), BigInt(text));
    }),
  );
});

test('arguments are separated by single spaces, and nothing follows the last (P3-03, P3-09)', () => {
  assert.equal(parse('[message-number]', 'LIST'), undefined);
  assert.equal(parse('[message-number]', 'LIST 2'), 2);
  for (const text of ['LIST ', 'LIST  1', 'LIST 1 ', 'LIST 1 2', 'LIST x'])
    assert.equal(parse('[message-number]', text), 'syntax');
  for (const text of ['RETR', 'RETR ', 'RETR 1 ', 'RETR 1 1']) assert.equal(parse('message-number', text), 'syntax');
  assert.deepEqual(parse('message-number lines', 'TOP 1 0'), { number: 1, lines: 0 });
  for (const text of ['TOP', 'TOP 1', 'TOP 1 ', 'TOP 1  0', 'TOP 1 -1', 'TOP 1 0 0', 'TOP 1 0 ', 'TOP x 0']) {
    assert.equal(parse('message-number lines', text), 'syntax', text);
  }
  assert.equal(parse('none', 'STAT'), undefined);
  for (const text of ['STAT ', 'STAT 1']) assert.equal(parse('none', text), 'syntax');
});

test('every octet behind PASS and its space is the password (P3-28)', () => {
  assert.deepEqual(parse('octets', 'PASS  a  b '), line(' a  b '));
  assert.deepEqual(parse('octets', 'PASS \xe9'), line('\xe9'));
  for (const text of ['PASS', 'PASS ']) assert.equal(parse('octets', text), 'syntax');
});

test('AUTH takes a mechanism in any case and perhaps an initial response (AUTH-01)', () => {
  const shape = 'mechanism [initial-response]';
  assert.deepEqual(parse(shape, 'AUTH plain'), { mechanism: 'PLAIN', initial: undefined });
  assert.deepEqual(parse(shape, 'AUTH PLAIN ='), { mechanism: 'PLAIN', initial: '=' });
  for (const text of ['AUTH', 'AUTH ', 'AUTH PLAIN ', 'AUTH  PLAIN', 'AUTH PLAIN a b', 'AUTH PLAIN  a']) {
    assert.equal(parse(shape, text), 'syntax', text);
  }
});
