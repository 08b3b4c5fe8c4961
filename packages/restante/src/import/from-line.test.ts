import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldTime, fromLine, fromLineTime } from './from-line.ts';

const at = (text: string) => Date.parse(text);

for (const [line, time] of [
  // RFC 4155, appendix A: asctime() in UTC
  ['From pat@example.org Thu Nov 24 18:22:48 1988', '1988-11-24T18:22:48Z'],
  ['From pat@example.org Thu Nov  4 18:22:48 1988', '1988-11-04T18:22:48Z'],
  // Thunderbird, Eudora, Exim, UUCP, Gmail's export, quoted local-parts, no address at all
  ['From - Tue Apr 01 10:00:00 2025', '2025-04-01T10:00:00Z'],
  ['From ???@??? Mon Jan 01 00:00:00 2001', '2001-01-01T00:00:00Z'],
  ['From MAILER-DAEMON Fri Jul  8 12:08:34 2011', '2011-07-08T12:08:34Z'],
  ['From 1234567890@xxx Fri Sep 01 12:00:00 +0000 2023', '2023-09-01T12:00:00Z'],
  ['From pat Fri Sep 01 12:00:00 +0200 2023', '2023-09-01T10:00:00Z'],
  ['From pat Fri Sep 01 12:00:00 2023 +0200', '2023-09-01T10:00:00Z'],
  ['From pat Fri Sep 01 12:00:00 EDT 2023', '2023-09-01T16:00:00Z'],
  ['From pat Fri Sep  1 12:00 2023', '2023-09-01T12:00:00Z'],
  ['From uunet!pat Fri Sep 01 12:00:00 1989 remote from uunet', '1989-09-01T12:00:00Z'],
  ['From "a b"@example.org Fri Sep 01 12:00:00 2023', '2023-09-01T12:00:00Z'],
  ['From Fri Sep 01 12:00:00 2023', '2023-09-01T12:00:00Z'],
  ['From pat@example.org Wed, 3 Jan 1998 10:00:00 +0100', '1998-01-03T09:00:00Z'],
] as const) {
  test(`${line} begins a letter`, () => assert.equal(fromLineTime(line), at(time)));
}

for (const line of [
  'From the beginning of time',
  'From pat Fri Sep 31 12:00:00 2023',
  'From pat Fri Sep 01 25:00:00 2023',
  'From pat Fri Foo 01 12:00:00 2023',
  'from pat Fri Sep 01 12:00:00 2023',
  'From: pat Fri Sep 01 12:00:00 2023',
  'From ',
]) {
  test(`${JSON.stringify(line)} begins none`, () => assert.equal(fromLineTime(line), undefined));
}

test('dates of fields, as RFC 5322 §3.3 and §4.3 have them', () => {
  assert.equal(fieldTime('Fri, 21 Nov 1997 09:55:06 -0600'), at('1997-11-21T15:55:06Z'));
  assert.equal(fieldTime('21 Nov 97 09:55:06 GMT (Greenwich Mean Time)'), at('1997-11-21T09:55:06Z'));
  assert.equal(fieldTime('from a by b with SMTP; for <x>; 1 Jan 2020 00:00:00 +0000'), at('2020-01-01T00:00:00Z'));
  assert.equal(fieldTime('yesterday'), undefined);
});

test('a line that is written is read again, to the second', () => {
  for (const text of ['1970-01-01T00:00:00Z', '1999-12-31T23:59:59Z', '2026-02-03T04:05:06Z']) {
    const line = fromLine(at(text));
    assert.match(line, /^From MAILER-DAEMON [A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}\n$/);
    assert.equal(fromLineTime(line.trimEnd()), at(text));
  }
});

test('a time that has no year of four digits becomes the nearest that has, so that the line still begins a letter', () => {
  assert.equal(fromLineTime(fromLine(1e15).trimEnd()), at('9999-12-31T23:59:59Z'));
  assert.equal(fromLineTime(fromLine(Number.MAX_SAFE_INTEGER).trimEnd()), at('9999-12-31T23:59:59Z'));
  assert.equal(fromLineTime(fromLine(-1e15).trimEnd()), at('1000-01-01T00:00:00Z'));
});
