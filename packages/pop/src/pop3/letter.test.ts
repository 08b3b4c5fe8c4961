import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryMaildrop, StoreError } from '../maildrop/index.ts';
import { afterLogin, LOGIN, Rehearsal, twoMessages } from './rehearsal.test-support.ts';

test('RETR sends the letter stuffed, TOP its head; sizes are those of LIST (P3-44..46, P3-51, P3-52)', () => {
  assert.deepEqual(afterLogin({ maildrop: twoMessages() }, 'RETR 1\r\n'), [
    '+OK 30 octets',
    'A: b',
    '',
    'first',
    '..dotted',
    'last',
    '.',
  ]);
  assert.deepEqual(afterLogin({ maildrop: twoMessages() }, 'TOP 1 0\r\n').slice(1), ['A: b', '', '.']);
  assert.deepEqual(afterLogin({ maildrop: twoMessages() }, 'TOP 1 2\r\n').slice(1), [
    'A: b',
    '',
    'first',
    '..dotted',
    '.',
  ]);
  const whole = afterLogin({ maildrop: twoMessages() }, 'RETR 1\r\n').slice(1);
  assert.deepEqual(afterLogin({ maildrop: twoMessages() }, `TOP 1 ${'9'.repeat(30)}\r\n`).slice(1), whole);
  assert.deepEqual(afterLogin({ maildrop: memoryMaildrop(['']) }, 'LIST\r\nRETR 1\r\nTOP 1 5\r\n').slice(1), [
    '1 0',
    '.',
    '+OK 0 octets',
    '.',
    '+OK top of message follows',
    '.',
  ]);
});

test('a store error before a reply began is [SYS/TEMP] and the session goes on; in the middle there is no terminator', () => {
  const failing = (type: 'entries' | 'read', nth: number) => {
    let calls = 0;
    return new Rehearsal({
      maildrop: { ...twoMessages(), read: (number, from) => twoMessages().read(number, from) },
      answer: (question) => {
        if (question.type !== type) return undefined;
        calls += 1;
        return calls === nth ? { type, answer: new StoreError('temporary', 'disk') } : undefined;
      },
    });
  };
  for (const command of ['RETR 1', 'TOP 1 1', 'LIST', 'UIDL', 'LIST 1', 'UIDL 1', 'DELE 1']) {
    const { lines, ending } = failing('entries', 1).play(LOGIN, `${command}\r\nSTAT\r\n`);
    assert.match(lines[2] ?? '', /^-ERR \[SYS\/TEMP\] /, command);
    assert.deepEqual([lines[3], ending], ['+OK 2 230', undefined]);
  }
  const first = failing('read', 1).play(LOGIN, 'RETR 1\r\nSTAT\r\n');
  assert.match(first.lines[2] ?? '', /^-ERR \[SYS\/TEMP\] /);
  assert.equal(first.lines[3], '+OK 2 230');
});

/** A maildrop of one letter that is read in slices of four octets, and listed with so many. */
function sliced(letter: string, octets: number, end = letter.length) {
  const content = Buffer.from(letter);
  const entry = { number: 1, uniqueId: 'a', octets, body: 0, dotted: false };
  return {
    count: 1,
    octets,
    entries: () => [entry],
    read: (_: number, from: number) => content.subarray(from, Math.min(from + 4, end)),
    expunge: async () => ({ notRemoved: [] }),
    close() {},
  };
}

test('a letter that is not the size it is listed with never gets its terminator', () => {
  const sent = (octets: number, letter = 'one\r\ntwo\r\n', end = letter.length) => {
    const { output, ending } = new Rehearsal({ maildrop: sliced(letter, octets, end) }).play(
      LOGIN,
      'RETR 1\r\nSTAT\r\n',
    );
    return { terminated: output.includes('\r\n.\r\n'), ending };
  };
  assert.deepEqual(sent(10), { terminated: true, ending: undefined });
  for (const octets of [1, 3, 8, 9, 11, 100])
    assert.deepEqual(sent(octets), { terminated: false, ending: 'destroy error' });
  assert.deepEqual(sent(10, 'one\r\ntwo\r\n', 7), { terminated: false, ending: 'destroy error' });
  assert.deepEqual(sent(8, 'one\r\ntwo'), { terminated: false, ending: 'destroy error' });
});

test('an error in the middle of a letter or listing ends the connection without terminator', () => {
  const inLetter = new Rehearsal({
    maildrop: sliced('one\r\ntwo\r\n', 10),
    answer: (question) =>
      question.type === 'read' && question.from > 0
        ? { type: 'read', answer: new StoreError('temporary', 'disk') }
        : undefined,
  }).play(LOGIN, 'RETR 1\r\nSTAT\r\n');
  assert.equal(inLetter.ending, 'destroy error');
  assert.ok(inLetter.output.endsWith('+OK 10 octets\r\none\r'));
  const many = memoryMaildrop(Array.from({ length: 1_500 }, () => 'A: b\n'));
  const inListing = new Rehearsal({
    maildrop: many,
    answer: (question) =>
      question.type === 'entries' && question.from > 1
        ? { type: 'entries', answer: new StoreError('temporary', 'disk') }
        : undefined,
  }).play(LOGIN, 'LIST\r\nSTAT\r\n');
  assert.equal(inListing.ending, 'destroy error');
  assert.equal(inListing.lines.at(-1), '1000 6');
});
