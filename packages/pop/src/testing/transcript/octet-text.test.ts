import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Captures, fill, literalOctets, matches, parseOctetText, shown } from './octet-text.ts';

const octets = (text: string) => literalOctets(parseOctetText(text).pieces);

test('text stands for its octets in UTF-8, and escapes for any octet', () => {
  assert.equal(octets('STAT'), 'STAT');
  assert.equal(octets('ä'), '\xc3\xa4');
  assert.equal(octets('\\x00\\xff\\r\\n\\t\\\\\\{\\}\\x20'), '\x00\xff\r\n\t\\{} ');
});

test('a text with a number is repeated, and base64 is worked out', () => {
  assert.equal(octets('{a*3}b'), 'aaab');
  assert.equal(octets('{NOOP\\r\\n*2}'), 'NOOP\r\nNOOP\r\n');
  assert.equal(octets('{base64 \\x00test\\x00test}'), 'AHRlc3QAdGVzdA==');
  assert.equal(octets('{base64 {a*3}}'), 'YWFh');
  assert.equal(octets('2 * 3 *'), '2 * 3 *');
  assert.deepEqual(parseOctetText('{a{any}*2}'), parseOctetText('a{any}a{any}'));
});

test('\\c at the end leaves out the line end; an escaped backslash before a c does not', () => {
  assert.equal(parseOctetText('NOOP').lineEnd, true);
  assert.deepEqual(parseOctetText('NOOP\\c'), { pieces: [{ type: 'octets', octets: 'NOOP' }], lineEnd: false });
  assert.equal(parseOctetText('NOOP\\\\c').lineEnd, true);
  assert.equal(parseOctetText('\\c').lineEnd, false);
});

test('what cannot be read is refused', () => {
  for (const wrong of ['{', '}', '{A}', '{a*}', '\\q', 'a\\', '{base64 a', '{base64 {any}}', '\\x4']) {
    assert.throws(() => parseOctetText(wrong), SyntaxError, wrong);
  }
});

test('a line matches as a whole; {any} matches what it likes, and a name one word that must come back', () => {
  const captures: Captures = new Map();
  const match = (line: string, text: string) => matches(line, parseOctetText(text).pieces, captures);
  assert.ok(match('+OK', '+OK'));
  assert.ok(!match('+OK ', '+OK'));
  assert.ok(!match(' +OK', '+OK'));
  assert.ok(match('+OK ', '+OK {any}'));
  assert.ok(match('+OK 2 messages\n', '+OK {any}'));
  assert.ok(!match('+OK', '+OK {any}'));
  assert.ok(match('1 whqtswO00WBw418f9t5JxYwZ', '1 {id}'));
  assert.ok(match('+OK 1 whqtswO00WBw418f9t5JxYwZ', '+OK 1 {id}'));
  assert.ok(!match('+OK 1 QhdPYR:00WBw1Ph7x7', '+OK 1 {id}'));
  assert.ok(match('+OK all the words', '+OK {reply+}'));
  assert.ok(match('+OK all the words', '+OK {reply+}'));
  assert.ok(!match('+OK all the word', '+OK {reply+}'));
  assert.ok(match('-ERR no such message', '-ERR {text}'));
  for (const wrong of ['-ERR', '-ERR ', '-ERR [AUTH] no', '-ERR \x7f', '-ERR \xe4'])
    assert.ok(!match(wrong, '-ERR {text}'));
  assert.ok(match('a.b a.b', '{twice} {twice}'));
  assert.ok(!match('a b', '{other} {other}'));
  assert.equal(fill(parseOctetText('X {id}').pieces, captures).toString(), 'X whqtswO00WBw418f9t5JxYwZ');
  assert.throws(() => fill(parseOctetText('X {nobody}').pieces, captures), SyntaxError);
});

test('what is shown of octets reads back as those octets, and matches nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (any) => {
      const line = Buffer.from(any).toString('latin1');
      assert.equal(octets(shown(line)), line);
      assert.ok(matches(line, parseOctetText(shown(line)).pieces, new Map()));
      assert.ok(!matches(`${line}x`, parseOctetText(shown(line)).pieces, new Map()));
    }),
  );
});
