import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreError } from '../maildrop/index.ts';
import { afterLogin, LOGIN, Rehearsal, twoMessages } from './rehearsal.test-support.ts';

test('STAT, LIST and UIDL: exact, without the deleted, and no number moves (P3-40..43, P3-47, T2, T4)', () => {
  assert.deepEqual(afterLogin({ maildrop: twoMessages() }, 'STAT\r\nLIST\r\nLIST 2\r\n'), [
    '+OK 2 230',
    '+OK 2 messages (230 octets)',
    '1 30',
    '2 200',
    '.',
    '+OK 2 200',
  ]);
  const lines = afterLogin(
    { maildrop: twoMessages() },
    'DELE 1\r\nSTAT\r\nLIST\r\nLIST 1\r\nUIDL 1\r\nRETR 1\r\nTOP 1 0\r\nDELE 1\r\n',
  );
  assert.deepEqual(lines.slice(1, 5), ['+OK 1 200', '+OK 1 message (200 octets)', '2 200', '.']);
  assert.deepEqual(
    lines.slice(5).map((line) => line.slice(0, 4)),
    ['-ERR', '-ERR', '-ERR', '-ERR', '-ERR'],
  );
  assert.match(afterLogin({ maildrop: twoMessages() }, 'UIDL 2\r\n')[0] ?? '', /^\+OK 2 [\x21-\x7e]{1,70}$/);
  const unique = afterLogin({ maildrop: twoMessages() }, 'DELE 1\r\nUIDL\r\n');
  assert.match(unique.slice(2).join('|'), /^2 [\x21-\x7e]{1,70}\|\.$/);
});

test('an empty maildrop is listed as nothing, and so is one with everything deleted (P3-43)', () => {
  assert.deepEqual(
    afterLogin({}, 'STAT\r\nLIST\r\nUIDL\r\n').map((line) => line.slice(0, 4)),
    ['+OK ', '+OK ', '.', '+OK ', '.'],
  );
  const all = afterLogin({ maildrop: twoMessages() }, 'DELE 1\r\nDELE 2\r\nSTAT\r\nLIST\r\n');
  assert.deepEqual(all.slice(2), ['+OK 0 0', '+OK 0 messages (0 octets)', '.']);
});

test('a number that names no message is -ERR, whatever it looks like (P3-41, P3-50, T1, T10)', () => {
  for (const number of [
    '0',
    '3',
    '99999999999999999999',
    '4294967297',
    '-1',
    '+1',
    '1.5',
    '0x1',
    '1e0',
    '',
    ' 1',
    '1 ',
    'a',
  ]) {
    for (const command of ['LIST', 'UIDL', 'RETR', 'DELE']) {
      const lines = afterLogin({ maildrop: twoMessages() }, `${command} ${number}\r\nSTAT\r\n`);
      assert.match(lines[0] ?? '', /^-ERR /, `${command} ${number}`);
      assert.equal(lines[1], '+OK 2 230');
    }
  }
  assert.equal(afterLogin({ maildrop: twoMessages() }, 'LIST 0002\r\n')[0], '+OK 2 200');
});

test('RSET takes the marks off (P3-49)', () => {
  const lines = afterLogin({ maildrop: twoMessages() }, 'DELE 1\r\nDELE 2\r\nRSET\r\nSTAT\r\nRETR 2\r\n');
  assert.equal(lines[3], '+OK 2 230');
  assert.match(lines[4] ?? '', /^\+OK /);
});

test('only QUIT removes, exactly what was marked, and nothing behind it is executed (P3-60..62, EXT-34)', () => {
  const expunged = (...parts: string[]) => {
    const rehearsal = new Rehearsal({ maildrop: twoMessages() }).play(LOGIN, ...parts);
    const asked = rehearsal.questions.flatMap((question) => (question.type === 'expunge' ? [question.numbers] : []));
    return { asked, rehearsal };
  };
  const quit = expunged('DELE 1\r\nQUIT\r\nDELE 2\r\n');
  assert.deepEqual(quit.asked, [[1]]);
  assert.equal(quit.rehearsal.ending, 'close quit');
  assert.equal(quit.rehearsal.lines.length, 4);
  assert.deepEqual(expunged('DELE 1\r\nRSET\r\nDELE 2\r\nQUIT\r\n').asked, [[2]]);
  assert.deepEqual(expunged('QUIT\r\n').asked, []);
  const dropped = expunged('DELE 1\r\n');
  dropped.rehearsal.step({ type: 'ended' });
  assert.deepEqual([dropped.rehearsal.ending, dropped.asked], ['close closed', []]);
  const stopped = expunged('DELE 1\r\n');
  stopped.rehearsal.step({ type: 'shutdown' });
  assert.deepEqual([stopped.rehearsal.ending, stopped.asked], ['close shutdown', []]);
  assert.equal(expunged('DELE 1\r\nQUIT now\r\n').rehearsal.ending, undefined);
});

test('a removal that failed, or failed in part, is -ERR (P3-61, T5)', () => {
  for (const answer of [new StoreError('temporary', 'disk'), { notRemoved: [2] }]) {
    const rehearsal = new Rehearsal({
      maildrop: twoMessages(),
      answer: ({ type }) => (type === 'expunge' ? { type, answer } : undefined),
    }).play(LOGIN, 'DELE 1\r\nDELE 2\r\nQUIT\r\n');
    assert.match(rehearsal.lines.at(-1) ?? '', /^-ERR \[SYS\/TEMP\] /);
    assert.equal(rehearsal.ending, 'close error');
    assert.equal(rehearsal.session.tally.deleted, answer instanceof StoreError ? 0 : 1);
  }
});

test('QUIT tells what was sent whole: by RETR, by TOP to the last octet, and nothing that RSET could take back (EXT-27)', () => {
  const told = (commands: string) => {
    const rehearsal = new Rehearsal({ maildrop: twoMessages() }).play(LOGIN, `${commands}QUIT\r\n`);
    assert.deepEqual([rehearsal.lines.at(-1), rehearsal.ending], ['+OK goodbye', 'close quit']);
    return rehearsal.questions.flatMap((asked) => (asked.type === 'expunge' ? [[asked.numbers, asked.fetched]] : []));
  };
  const nothing = { retrieved: [], viewed: [] };
  assert.deepEqual(told('RETR 2\r\n'), [[[], { ...nothing, retrieved: [2] }]]);
  assert.deepEqual(told('TOP 1 9999\r\n'), [[[], { ...nothing, viewed: [1] }]]);
  assert.deepEqual(told('TOP 1 9999\r\nRETR 1\r\n'), [[[], { ...nothing, retrieved: [1] }]]);
  assert.deepEqual(told('RETR 1\r\nDELE 1\r\nRSET\r\nDELE 2\r\n'), [[[2], { ...nothing, retrieved: [1] }]]);
  assert.deepEqual(told('TOP 1 0\r\nLIST\r\nUIDL\r\nRETR 9\r\n'), []);
});

test('where nothing was marked QUIT is +OK, whatever becomes of what is written down', () => {
  const rehearsal = new Rehearsal({
    maildrop: twoMessages(),
    answer: ({ type }) => (type === 'expunge' ? { type, answer: new StoreError('no-room', 'full') } : undefined),
  }).play(LOGIN, 'RETR 1\r\nQUIT\r\n');
  assert.deepEqual([rehearsal.lines.at(-1), rehearsal.ending], ['+OK goodbye', 'close quit']);
});
