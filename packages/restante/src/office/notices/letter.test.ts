import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeNotice } from './letter.ts';

const CIRCUMSTANCES = {
  account: 'anna',
  domain: 'post.example',
  hostname: 'mail.post.example',
  id: 'f81d4fae',
  at: Date.UTC(2026, 10, 24, 18, 5, 6),
};

test('a letter of the office says who writes to whom, when, and that nobody is to answer by program (RFC 5322 §3.6, RFC 3834 §5)', () => {
  const { trace, letter } = writeNotice({ subject: 'Your mailbox', text: 'Hello.\n\nBye.' }, CIRCUMSTANCES);
  assert.equal(
    letter.toString('latin1'),
    [
      'From: Post office mail.post.example <postmaster@post.example>',
      'To: anna@post.example',
      'Subject: Your mailbox',
      'Date: Tue, 24 Nov 2026 18:05:06 +0000',
      'Message-ID: <f81d4fae@mail.post.example>',
      'Auto-Submitted: auto-generated',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=us-ascii',
      'Content-Transfer-Encoding: 7bit',
      '',
      'Hello.',
      '',
      'Bye.',
      '',
    ].join('\r\n'),
  );
  assert.equal(
    trace.toString('latin1'),
    'Return-Path: <>\r\nDelivered-To: anna@post.example\r\n' +
      'Received: by mail.post.example (Restante) id f81d4fae\r\n' +
      '\tfor <anna@post.example>; Tue, 24 Nov 2026 18:05:06 +0000\r\n',
  );
});

test('what is not ASCII is encoded, in lines and words that every reader knows (RFC 2045 §6.8, RFC 2047 §2)', () => {
  const subject = `Größe ${'ä'.repeat(60)}`;
  const text = `${'ß'.repeat(500)}\nend\n`;
  const letter = writeNotice({ subject, text }, CIRCUMSTANCES).letter.toString('latin1');
  const [head = '', body = ''] = letter.split('\r\n\r\n');
  assert.match(letter, /^[\r\n -~]*$/);
  for (const line of letter.split('\r\n')) assert.ok(line.length <= 86, line);
  assert.equal(Buffer.from(body, 'base64').toString(), text.replaceAll('\n', '\r\n'));
  assert.match(head, /charset=utf-8\r\nContent-Transfer-Encoding: base64/);
  const words = [...head.matchAll(/=\?utf-8\?B\?([^?]*)\?=/g)];
  assert.ok(words.length > 1 && words.every(([word]) => word.length <= 75));
  assert.equal(words.map(([, word = '']) => Buffer.from(word, 'base64').toString()).join(''), subject);
});

test('what a peer said neither ends a line nor a header, nor draws on a terminal', () => {
  const { letter } = writeNotice({ subject: 'x\r\nBcc: y\nz', text: 'a\u001b[2J\rb\n' }, CIRCUMSTANCES);
  const text = letter.toString('latin1');
  assert.match(text, /\r\nSubject: x\? Bcc: y z\r\n/);
  assert.match(text, /\r\n\r\na\?\[2J\?b\r\n$/);
});
