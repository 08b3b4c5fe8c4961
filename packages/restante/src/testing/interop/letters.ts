/** Letters whose header is in order, each trying one thing that a client might spoil. */
export const LETTERS: readonly Buffer[] = [
  letter('a letter', 'hello\r\n'),
  letter('lines with dots', '.\r\n..\r\n.x\r\n ..\r\n...\r\nlast\r\n.\r\n'),
  letter('eight bits', 'Gr\xfc\xdfe \x80\xff \xc3\xa9\xe2\x82\xac\r\n'),
  letter('an empty body', ''),
  letter('blank lines at the end', 'text\r\n\r\n\r\n\r\n'),
  letter('blank lines at the beginning', '\r\n\r\ntext\r\n'),
  letter('From_ in the body', 'From here on\r\n\r\nFrom bob@example.org Mon Nov  2 10:00:00 2026\r\n>From\r\n'),
  letter('white space at both ends of lines', '  two spaces \r\n\ta tab\t\r\n \r\n\t\r\n'),
  letter('a line of 998 octets', `${'x'.repeat(998)}\r\n`),
  letter('a line of 2,000 octets', `${'y'.repeat(2000)}\r\n`),
  letter('controls', '\x01\x02\x07\x08\x0b\x0c\x1b\x1f\x7f\r\n'),
  letter('a megabyte', `${'0123456789'.repeat(7)}\r\n`.repeat(14_564)),
  letter('an attachment', attachment(), 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n'),
  letter('a folded field', 'text\r\n', 'References: <1@example.org>\r\n\t<2@example.org>\r\n  <3@example.org>\r\n'),
  letter('addresses without a domain', 'text\r\n', 'Cc: carol, "Dan D." <dan>\r\nReply-To: bob\r\n'),
];

/** Letters that come later. */
export const LATER: readonly Buffer[] = [letter('a later letter', 'hello again\r\n'), letter('the last one', '.\r\n')];

function letter(subject: string, body: string, fields = ''): Buffer {
  const header = [
    `Subject: ${subject}`,
    'From: Bob <bob@example.org>',
    'To: Alice <alice@localhost>',
    'Date: Mon, 2 Nov 2026 10:00:00 +0000',
    `Message-ID: <${subject.replaceAll(/\W/g, '.')}@example.org>`,
  ];
  return Buffer.from(`${header.join('\r\n')}\r\n${fields}\r\n${body}`, 'latin1');
}

function attachment(): string {
  const encoded = Buffer.alloc(60_000, 'restante').toString('base64').replaceAll(/.{76}/g, '$&\r\n');
  const part = 'Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n';
  return `--b\r\n\r\nsee the other part\r\n--b\r\n${part}\r\n${encoded}\r\n--b--\r\n`;
}
