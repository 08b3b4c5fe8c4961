import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fingerprintOf, HEADER_OCTETS, isTelling, letterHeader } from './fingerprint.ts';

const HEADER = [
  'Received: from mx.example.org by mail.example.net with ESMTP id 4711',
  '\tfor <anna@example.net>; Tue, 24 Nov 2026 12:00:00 +0100',
  'Received: from sender by mx.example.org; Tue, 24 Nov 2026 11:59:58 +0100',
  'From: Bert <bert@example.org>',
  'To: anna@example.net',
  'Subject: a long',
  ' subject',
  'Date: Tue, 24 Nov 2026 10:00:00 +0000',
  'Message-ID: <1@example.org>',
];
const LETTER = `${HEADER.join('\r\n')}\r\n\r\nbody\r\n`;

function print(text: string): string {
  return fingerprintOf(Buffer.from(text, 'latin1'));
}

function without(start: string): string {
  return HEADER.filter((line) => !line.startsWith(start)).join('\r\n');
}

test('a letter has the fingerprint of what TOP n 0 has of it', () => {
  const top = LETTER.slice(0, LETTER.indexOf('body'));
  assert.equal(print(LETTER), print(top));
  assert.equal(print(LETTER), print(HEADER.join('\r\n')), 'of a letter without body too');
  assert.equal(print(LETTER), print(LETTER.replaceAll('\r\n', '\n')), 'with other line ends');
});

test('what servers add to a letter or change in it does not count', () => {
  const added = [
    'Status: RO',
    'X-UIDL: abc',
    'X-Keywords: Junk',
    'Content-Length: 4',
    'Lines: 1',
    'X-Mozilla-Status: 0001',
  ];
  assert.equal(print(LETTER), print(`${added.join('\r\n')}\r\n${LETTER}`));
  const folded = LETTER.replace('a long\r\n subject', 'a  long subject').replace('Message-ID:', 'message-id:\t');
  assert.equal(print(LETTER), print(folded));
});

test('letters that differ in what tells letters apart have different fingerprints', () => {
  const others = [
    LETTER.replace('id 4711', 'id 4712'),
    LETTER.replace('<1@example.org>', '<2@example.org>'),
    LETTER.replace('10:00:00', '10:00:01'),
    LETTER.replace('a long', 'another long'),
    `Delivered-To: bert@example.net\r\n${LETTER}`,
    `Received: from b by c; Tue, 24 Nov 2026 12:00:01 +0100\r\n${LETTER}`,
    `${without('Date')}\r\n`,
  ];
  assert.equal(new Set([LETTER, ...others].map(print)).size, others.length + 1);
});

test('a header that many letters could have is no reason to know one again', () => {
  assert.ok(isTelling(print(LETTER)));
  assert.ok(isTelling(print('Message-ID: <1@a>\r\n\r\n')));
  for (const weak of ['', '\r\n', 'Subject: hello\r\nDate: today\r\n\r\n', 'no header at all']) {
    assert.ok(!isTelling(print(weak)), JSON.stringify(weak));
  }
  assert.ok(!isTelling(undefined));
  assert.ok(
    !isTelling(print('Subject: x\r\n\r\nMessage-ID: <1@a>\r\n')),
    'what stands in the body is not in the header',
  );
});

test('of an endless header so much is looked at as everybody has of it', () => {
  const endless = `Message-ID: <1@a>\r\n${'X-Long: y\r\n'.repeat(10_000)}Subject: late\r\n\r\n`;
  const all = Buffer.from(endless);
  assert.equal(fingerprintOf(all), fingerprintOf(all.subarray(0, HEADER_OCTETS)));
  const cut = Buffer.from(`Message-ID: <1@a>\r\nSubject: ${'y'.repeat(2 * HEADER_OCTETS)}\r\n\r\n`);
  assert.equal(fingerprintOf(cut), fingerprintOf(cut.subarray(0, HEADER_OCTETS)));
});

test('any octets have a fingerprint, the same ones the same', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
      assert.match(fingerprintOf(Buffer.from(octets)), /^~?[0-9a-f]{32}$/);
      assert.equal(fingerprintOf(Buffer.from(octets)), fingerprintOf(Buffer.from(octets)));
    }),
  );
});

test('a letter came when its last hop had it, else when it says; some say nothing', () => {
  const time = (text: string) => letterHeader(Buffer.from(text)).time;
  assert.equal(time(LETTER), Date.UTC(2026, 10, 24, 11));
  assert.equal(time('Date: Tue, 24 Nov 2026 10:00:00 +0000\r\n\r\n'), Date.UTC(2026, 10, 24, 10));
  assert.equal(time('Date: yesterday\r\n\r\n'), undefined);
});
