import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../testing/running-office.ts';
import { DOVECOT_FORMAT } from './dovecot-list.ts';
import { compareNames } from './maildir-name.ts';
import type { SourceLetter } from './source.ts';
import { isUniqueId, readUniqueIdList, xUidl } from './unique-id-list.ts';

const NOTHING = Buffer.alloc(0);

function list(text: string, format = DOVECOT_FORMAT) {
  const path = join(temporaryFolder(), 'list');
  writeFileSync(path, text, 'latin1');
  const read = readUniqueIdList(path, format, true);
  return {
    of: (fileName: string | undefined, number = 1) => read.find(letter(fileName, number), NOTHING),
    order: (fileName: string) => read.order?.(fileName),
  };
}

function letter(fileName: string | undefined, number: number): SourceLetter {
  const open = () => assert.fail('a list is no reason to read a letter');
  return { place: 'there', number, open, ...(fileName !== undefined && { fileName }) };
}

// Dovecot's own documentation of the Maildir format has these lines.
const DOVECOT = `3 V1275660208 N25022 G3085f01b7f11094c501100008c4a11c1
25006 :1276528487.M364837P9451.kurkku,S=1355,W=1394:2,
25017 W2481 :1276533073.M242911P3632.kurkku:2,F
25018 PUID7-99 G0123 :1276533080.M1P1.kurkku
25019 P :1276533081.M1P1.kurkku
25020 O2 :1276533082.M1P1.kurkku
25021 O1 Pxy :1276533083.M1P1.kurkku
25022 torn li`;

test('dovecot-uidlist: the format makes unique-ids, a P field stands above it, an empty one is the file’s name', () => {
  const { of } = list(DOVECOT);
  assert.equal(of('1276528487.M364837P9451.kurkku,S=1355,W=1394'), '000061ae4c0907b0');
  assert.equal(of('1276533073.M242911P3632.kurkku'), '000061b94c0907b0');
  assert.equal(of('1276533080.M1P1.kurkku'), 'UID7-99');
  assert.equal(of('1276533081.M1P1.kurkku'), '1276533081.M1P1.kurkku');
  assert.equal(of('1276533083.M1P1.kurkku'), 'xy');
  assert.equal(of('another'), undefined);
  assert.equal(of(undefined), undefined);
});

test('dovecot-uidlist: other formats', () => {
  const name = '1276528487.M364837P9451.kurkku,S=1355,W=1394';
  for (const [format, uniqueId] of [
    ['%v.%u', '1275660208.25006'],
    ['%u', '25006'],
    ['UID%u-%v', 'UID25006-1275660208'],
    ['%f', name],
    ['%g', name],
    ['%Xu', '61ae'],
  ] as const) {
    assert.equal(list(DOVECOT, format).of(name), uniqueId, format);
  }
  assert.equal(list(DOVECOT, '%g').of('1276533080.M1P1.kurkku'), 'UID7-99');
  assert.throws(() => list(DOVECOT, '%m'), /^Failure: %m is not known/);
});

test('dovecot-uidlist: letters with a place in POP3’s order come first, the others by UID', () => {
  const { order } = list(DOVECOT);
  const names = ['1276533083', '1276533082', '1276533080', '1276533081'].map((time) => `${time}.M1P1.kurkku`);
  assert.deepEqual(
    [...names].sort((a, b) => (order(a) ?? 0) - (order(b) ?? 0)),
    names,
  );
  assert.equal(order('another'), undefined);
});

test('dovecot-uidlist of version 1', () => {
  const { of } = list('1 1275660208 3\n1 1000.a\n2 1001.b:2,S\n', '%v.%u');
  assert.deepEqual([of('1000.a'), of('1001.b')], ['1275660208.1', '1275660208.2']);
});

test('courierpop3dsizelist, of versions 2 and 3', () => {
  for (const [version, more] of [
    [2, ''],
    [3, ':0'],
  ] as const) {
    const { of } = list(
      `/${version} 25 1275660208\n1000.M1 with blank,S=10 20 1:1275660208${more}\n1001.M1:2,S 30 24:1275660209${more}\n1002.x 5 7:0${more}\n1003.a+b 5 0:0${more}\n`,
    );
    assert.equal(of('1000.M1 with blank,S=10'), 'UID1-1275660208');
    assert.equal(of('1001.M1'), 'UID24-1275660209');
    assert.equal(of('1002.x'), 'UID7');
    assert.equal(of('1003.a+b'), '1003.a+2Bb');
    assert.equal(of('1004.x'), undefined);
  }
  assert.throws(() => list('/9 1 1\n'), /^Failure: .* is no courierpop3dsizelist of version 2 or 3/);
});

test('two columns: by file or by number, and what a server answers to UIDL', () => {
  const { of } = list('# comment\n\n1000.a:2,S  one\nname with blanks two\n3\tthree\r\n');
  assert.deepEqual([of('1000.a'), of('name with blanks'), of('x', 3), of('x', 4)], ['one', 'two', 'three', undefined]);
  const answer = list('+OK 2 letters\r\n1 whqtswO00WBw418f9t5JxYwZ\r\n2 QhdPYR:00WBw1Ph7x7\r\n.\r\n');
  assert.deepEqual(
    [answer.of(undefined, 1), answer.of(undefined, 2)],
    ['whqtswO00WBw418f9t5JxYwZ', 'QhdPYR:00WBw1Ph7x7'],
  );
  assert.throws(() => list('one\n'), /^Failure: .*list, line 1: /);
  assert.throws(() => list('1 a\n1 b\n'), /^Failure: .*list, line 2: there was another/);
});

test('a list in a user’s folder is a file of that folder: no link is followed, and a FIFO holds nobody up', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'elsewhere'), DOVECOT);
  symlinkSync(join(folder, 'elsewhere'), join(folder, 'link'));
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  const read = (name: string, follow: boolean) => readUniqueIdList(join(folder, name), DOVECOT_FORMAT, follow);
  assert.ok(read('link', true).order?.('1276533082.M1P1.kurkku') !== undefined);
  assert.throws(() => read('link', false), /^Failure: .*link: it is a symbolic link/);
  assert.throws(() => read('fifo', false), /^Failure: .*fifo: it is no regular file/);
  assert.throws(() => read('none', true), /^Failure: there is no list of unique-ids .*none/);
});

test('X-UIDL fields, folded or not, of the header only', () => {
  const of = (head: string) => xUidl.find(letter(undefined, 1), Buffer.from(head));
  assert.equal(of('From: x\nX-UIDL: abc!!"#\nTo: y\n\nbody\n'), 'abc!!"#');
  assert.equal(of('From: x\r\nx-uidl:\r\n abc\r\n\r\n'), 'abc');
  assert.equal(of('From: x\n\nX-UIDL: abc\n'), undefined);
  assert.equal(of('From: x\n\nX-UIDL: abc\r\n\r\n'), undefined);
  assert.equal(of('\nX-UIDL: abc\n\n'), undefined);
});

test('a unique-id is 1 to 70 octets of 0x21 to 0x7E (RFC 1939 §7)', () => {
  for (const good of ['!', '~', 'x'.repeat(70)]) assert.ok(isUniqueId(good));
  for (const bad of ['', 'a b', 'x'.repeat(71), 'ü', 'a\n', '\u007f']) assert.ok(!isUniqueId(bad), bad);
});

test('names in Dovecot’s order: seconds, microseconds, the rest; flags say nothing', () => {
  const names = ['999.M9P1.z', '1000.M5P1.b:2,S', '1000.M5P1.c:2,', '1000.M10P1.a', '1001.P2.a', '1001.P3.a', 'none'];
  assert.deepEqual([...names].reverse().sort(compareNames).slice(1), names.slice(0, -1));
});
