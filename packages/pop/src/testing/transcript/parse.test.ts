import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTranscript } from './parse.ts';

const octets = (text: string) => ({ type: 'octets', octets: text }) as const;

test('a transcript: what it shows, directives, letters, and the steps of each session', () => {
  const text = [
    '# P3-41, T4: LIST leaves out',
    '# D.3: and so on',
    'maildrop: two-letters',
    'limit idle: 10m',
    'letter:',
    '| Subject: x',
    '|',
    '| no line end\\c',
    '',
    'C> USER a',
    'C: PASS b',
    '# not an ID any more',
    'S: +OK {any}',
    'S2: .',
    'DELIVER alice',
    '| a',
    '| b',
    'WAIT 1h9m59s1ms',
    'EOF 2',
    '--- next session',
    'TLS refused',
    'DROP',
    '',
  ].join('\n');
  const { ids, directives, sessions } = parseTranscript(text, 'x.txt');
  assert.deepEqual(ids, ['P3-41', 'T4', 'D.3']);
  assert.deepEqual(directives, [
    { name: 'maildrop', argument: '', value: 'two-letters', line: 3 },
    { name: 'limit', argument: 'idle', value: '10m', line: 4 },
    { name: 'letter', argument: '', value: '', line: 5, octets: Buffer.from('Subject: x\r\n\r\nno line end') },
  ]);
  assert.deepEqual(sessions, [
    [
      { type: 'send', connection: 1, line: 10, pieces: ['USER a', '\r\n', 'PASS b', '\r\n'].map(octets) },
      { type: 'expect', connection: 1, line: 13, pieces: [octets('+OK '), { type: 'any' }] },
      { type: 'expect', connection: 2, line: 14, pieces: [octets('.')] },
      { type: 'perform', word: 'DELIVER', rest: 'alice', connection: 1, line: 15, octets: Buffer.from('a\r\nb\r\n') },
      { type: 'wait', milliseconds: 4_199_001, connection: 1, line: 18 },
      { type: 'eof', unfinished: false, connection: 2, line: 19 },
    ],
    [
      { type: 'tls', refused: true, connection: 1, line: 21 },
      { type: 'drop', connection: 1, line: 22 },
    ],
  ]);
});

test('an S: line with line ends in it stands for several lines', () => {
  const [steps] = parseTranscript('# x\nS: {+OK\\r\\n*2}.', 'x.txt').sessions;
  assert.deepEqual(
    steps?.map((step) => step.type === 'expect' && step.pieces),
    [[octets('+OK')], [octets('+OK')], [octets('.')]],
  );
});

test('S* lines that follow each other come in any order', () => {
  const [steps] = parseTranscript('# x\nS*: TOP\nS*: UIDL\nS2*: TOP\nS: .\nEOF 2 unfinished', 'x.txt').sessions;
  const expected = (text: string, line: number) => ({ pieces: [octets(text)], line });
  assert.deepEqual(steps, [
    { type: 'expect-all', connection: 1, line: 2, expected: [expected('TOP', 2), expected('UIDL', 3)] },
    { type: 'expect-all', connection: 2, line: 4, expected: [expected('TOP', 4)] },
    { type: 'expect', connection: 1, line: 5, pieces: [octets('.')] },
    { type: 'eof', unfinished: true, connection: 2, line: 6 },
  ]);
});

test('what is wrong is refused by file and line', () => {
  const cases: readonly [string, RegExp][] = [
    ['S: +OK', /^x\.txt:1: .*comment/],
    ['# x', /^x\.txt:1: .*without a step/],
    ['# x\nS: +OK ', /^x\.txt:2: .*\\x20/],
    ['# x\nS: {any}', /^x\.txt:2: .*octet of its own/],
    ['# x\nS: {any}{id}', /^x\.txt:2: .*octet of its own/],
    ['# x\nS: +OK\\c', /^x\.txt:2: .*whole lines/],
    ['# x\nC> A\nS: +OK', /^x\.txt:3: .*C>/],
    ['# x\nC> A', /^x\.txt:2: .*C>/],
    ['# x\nC> A\nC2: B', /^x\.txt:3: .*one connection/],
    ['# x\nS: +OK\nmaildrop: late', /^x\.txt:3: .*before/],
    ['# x\nWAIT soon', /^x\.txt:2: .*time/],
    ['# x\nWAIT 0s', /^x\.txt:2: .*time/],
    ['# x\nTLS maybe', /^x\.txt:2: .*refused/],
    ['# x\nEOF now', /^x\.txt:2: .*unfinished/],
    ['# x\nDROP now', /^x\.txt:2: .*number/],
    ['# x\nC*: A', /^x\.txt:2: .*order/],
    ['# x\n| a', /^x\.txt:2: .*letter/],
    ['# x\nS: +OK\n| a', /^x\.txt:3: .*letter/],
    ['# x\nC: {oops', /^x\.txt:2: /],
    ['# x\nhello there', /^x\.txt:2: not a line/],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => parseTranscript(text, 'x.txt'), { name: 'TranscriptSyntaxError', message }, text);
  }
});
