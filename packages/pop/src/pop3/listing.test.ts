import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryMaildrop } from '../maildrop/index.ts';
import { afterLogin, LOGIN, Rehearsal, twoMessages } from './rehearsal.test-support.ts';

test('entries that are not those asked for are as if they could not be read', () => {
  for (const entries of [[], [{ number: 2, uniqueId: 'a', octets: 1, body: 1, dotted: false }]]) {
    const rehearsal = new Rehearsal({
      maildrop: twoMessages(),
      answer: ({ type }) => (type === 'entries' ? { type, answer: entries } : undefined),
    }).play(LOGIN, 'LIST\r\nRETR 1\r\n');
    assert.match(rehearsal.lines[2] ?? '', /^-ERR \[SYS\/PERM\] /);
    assert.match(rehearsal.lines[3] ?? '', /^-ERR \[SYS\/PERM\] /);
  }
});

test('a long listing goes out in slices, each asked for when there is room', () => {
  const many = memoryMaildrop(Array.from({ length: 2_500 }, () => 'A: b\n'));
  const rehearsal = new Rehearsal({ maildrop: many }).play(LOGIN, 'DELE 1001\r\nUIDL\r\nLIST\r\n');
  const asked = rehearsal.questions.flatMap((question) => (question.type === 'entries' ? [question.from] : []));
  assert.deepEqual(asked, [1001, 1, 1001, 2001, 1, 1001, 2001]);
  const numbers = rehearsal.lines.filter((line) => /^\d+ 6$/.test(line)).map((line) => Number(line.split(' ')[0]));
  assert.deepEqual(
    numbers,
    Array.from({ length: 2_500 }, (_, index) => index + 1).filter((number) => number !== 1001),
  );
});

test('a store may answer less than was asked for', () => {
  const many = memoryMaildrop(Array.from({ length: 10 }, () => 'A: b\n'));
  const maildrop = { ...many, entries: (from: number, to: number) => many.entries(from, Math.min(to, from + 2)) };
  assert.deepEqual(afterLogin({ maildrop }, 'LIST\r\n').length, 12);
});
