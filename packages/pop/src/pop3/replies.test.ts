import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { err, multiline, ok } from './replies.ts';
import { loginResponseCode, responseCode } from './response-codes.ts';

test('a status indicator, a space, a code where there is one, text, CRLF (P3-05, OBS-01, EXT-15)', () => {
  assert.equal(ok('2 320'), '+OK 2 320\r\n');
  assert.equal(err('no such message'), '-ERR no such message\r\n');
  assert.equal(err('not you', 'AUTH'), '-ERR [AUTH] not you\r\n');
  assert.equal(ok(''), '+OK \r\n');
});

test('a first line has 512 octets at most, CRLF included (P3-06)', () => {
  assert.equal(ok('x'.repeat(600)).length, 512);
  assert.equal(err('x'.repeat(600), 'SYS/TEMP').length, 512);
  assert.equal(ok('x'.repeat(506)), `+OK ${'x'.repeat(506)}\r\n`);
});

test('text never begins like a response code (EXT-14)', () => {
  assert.doesNotMatch(ok('[x] is here'), /^\+OK \[/);
  assert.match(ok('[x] is here'), /\[x\] is here/);
});

test('no text makes more than one line, or anything but printable ASCII (EXT-33)', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.match(ok(text), /^\+OK (?!\[)[\x20-\x7e]*\r\n$/);
      assert.match(err(text, 'SYS/PERM'), /^-ERR \[SYS\/PERM\] [\x20-\x7e]*\r\n$/);
    }),
  );
});

test('lines that begin with a dot are stuffed, and the terminator follows (P3-12, P3-13)', () => {
  assert.equal(multiline(['a', '.', '.b', '']), 'a\r\n..\r\n..b\r\n\r\n.\r\n');
  assert.equal(multiline([]), '.\r\n');
});

test('what a peer learns of a store’s error (RC-01, EXT-17, IANA-02)', () => {
  assert.equal(responseCode('temporary'), 'SYS/TEMP');
  assert.equal(responseCode('no-room'), 'SYS/TEMP');
  assert.equal(responseCode('permanent'), 'SYS/PERM');
  assert.equal(responseCode('no-maildrop'), 'SYS/PERM');
  assert.equal(loginResponseCode('no-room'), 'SYS/TEMP');
  // A promise of PASS, APOP and AUTH alone: elsewhere it would tell a client something else.
  assert.equal(loginResponseCode('in-use'), 'IN-USE');
  assert.equal(responseCode('in-use'), 'SYS/TEMP');
});
