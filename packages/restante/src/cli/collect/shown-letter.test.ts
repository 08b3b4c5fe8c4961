import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { harmless, harmlessLines } from './harmless.ts';
import { showLetter } from './shown-letter.ts';

const letter = (...lines: readonly string[]): Buffer => Buffer.from(lines.join('\r\n'));

test('a letter is decoded for people', async () => {
  const shown = await showLetter(
    letter(
      'From: =?utf-8?Q?P=C3=A4t?= <pat@example.org>',
      'To: anna@example.org, "Bert, B." <bert@example.org>',
      'Date: Tue, 24 Nov 2026 12:01:00 +0000',
      'Subject: =?iso-8859-1?Q?Gr=FC=DFe?=',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'sch=C3=B6n',
      '--b',
      'Content-Type: application/pdf; name="a.pdf"',
      'Content-Disposition: attachment; filename="a.pdf"',
      '',
      'x',
      '--b--',
      '',
    ),
  );
  assert.equal(shown.from, 'Pät <pat@example.org>');
  assert.equal(shown.to, 'anna@example.org, Bert, B. <bert@example.org>');
  assert.equal(shown.subject, 'Grüße');
  assert.equal(shown.text.trim(), 'schön');
  assert.deepEqual(shown.attachments, ['a.pdf (application/pdf)']);
  assert.match(shown.date, /^2026-11-2[345] \d\d:\d\d$/);
});

test('HTML is shown as its text', async () => {
  const html =
    '<html><style>p { color: red }</style><p>Hello &amp; <b>good</b> &#x64;ay</p><script>alert(1)</script></html>';
  const { text } = await showLetter(letter('Content-Type: text/html', '', html));
  assert.match(text, /Hello & good day/);
  assert.ok(!/<|alert|color/.test(text), text);
  const list = await showLetter(letter('Content-Type: text/html', '', '<ul><li>one<li>two</ul>three'));
  assert.match(list.text, /^one\s*\n\s*two\s*\n\s*three$/);
});

test('nothing in it moves the terminal: controls, escapes, what turns the writing round', async () => {
  const moving = '\u001b]0;title\u0007\u001b[2J\u009b31m\u202e';
  const shown = await showLetter(
    letter(
      `From: x${moving} <x@x>`,
      `Subject: =?utf-8?B?${Buffer.from(`a${moving}b\r\nc`).toString('base64')}?=`,
      `Date: ${moving}`,
      'Content-Type: text/plain; charset=utf-8',
      '',
      `one${moving}\ttwo\rthree`,
      '',
    ),
  );
  for (const text of [shown.from, shown.subject, shown.date, shown.text]) {
    assert.ok(!/(?![\n\t])\p{Cc}|[\u202a-\u202e]/u.test(text), JSON.stringify(text));
  }
  assert.match(shown.text, /one\\u\{1b\}.*\ttwo\\u\{d\}three/);
  assert.ok(!shown.subject.includes('\n'));
});

test('a letter that ends in the middle, as TOP gives it, or is none at all', async () => {
  const cut = letter(
    'Subject: s',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'be',
  );
  assert.equal((await showLetter(cut)).text.trim(), 'be');
  for (const octets of [Buffer.alloc(0), Buffer.from([0, 255, 10, 13]), Buffer.from('no header here')]) {
    assert.equal((await showLetter(octets)).from, '');
  }
});

test('parts within parts do not keep us busy', async () => {
  const nested = Array.from({ length: 2000 }, () => 'Content-Type: message/rfc822\r\n\r\n').join('');
  const { attachments } = await showLetter(Buffer.from(nested));
  assert.ok(attachments.length <= 1, 'the first of them is shown as what it is, and not looked into');
});

test('whatever the octets, what is shown is harmless', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (octets) => {
      const shown = await showLetter(Buffer.concat([Buffer.from('Subject: '), octets]));
      for (const text of [shown.from, shown.to, shown.subject, shown.date]) assert.equal(harmless(text), text);
      assert.equal(harmlessLines(shown.text), shown.text);
    }),
  );
});
