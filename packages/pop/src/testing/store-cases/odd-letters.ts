/** A letter with what RFC 1939 and 5322 make of it, worked out by hand. */
export interface OddLetter {
  readonly name: string;
  readonly content: Buffer;
  /** Offset of the first octet behind the first blank line; the length when there is none. */
  readonly body: number;
  readonly dotted: boolean;
}

const MIB = 1_048_576;

/** Letters that stores get wrong. Only CRLF ends a line; a CR or LF on its own is an octet like any other. */
export const oddLetters: readonly OddLetter[] = [
  odd('an ordinary letter', 'Subject: a\r\n\r\nHello\r\n', { body: 14 }),
  odd('nothing at all', '', { body: 0 }),
  odd('only a blank line', '\r\n', { body: 2 }),
  odd('only blank lines', '\r\n\r\n\r\n', { body: 2 }),
  odd('a header without a blank line', 'Subject: a\r\nTo: b\r\n', { body: 19 }),
  odd('a header and a blank line, and no body', 'Subject: a\r\n\r\n', { body: 14 }),
  odd('a body without a header', '\r\nHello\r\n', { body: 2 }),
  odd('a body that begins and ends with blank lines', 'A: b\r\n\r\n\r\n\r\nx\r\n\r\n\r\n', { body: 8 }),
  odd('a dot as the first octet', '.\r\nA: b\r\n\r\nx\r\n', { body: 11, dotted: true }),
  odd('a dot that begins a header line', 'A: b\r\n.c: d\r\n\r\nx\r\n', { body: 15, dotted: true }),
  odd('a dot right behind the blank line', 'A: b\r\n\r\n.\r\n', { body: 8, dotted: true }),
  odd('lines of dots', 'A: b\r\n\r\n.\r\n..\r\n...x\r\n', { body: 8, dotted: true }),
  odd('a dot that begins the last line only', 'A: b\r\n\r\nx\r\n.\r\n', { body: 8, dotted: true }),
  odd('dots that begin no line', 'A: .b\r\n\r\na.b\r\nc.\r\n ..\r\n', { body: 9 }),
  odd('a lone CR or LF before a dot', 'A: b\r\n\r\nx\n.y\r.z\n\r.\r\n', { body: 8 }),
  odd('a lone CR or LF that looks like a blank line', 'A: b\n\nC: d\r\rE: f\n\r\nG: h\r\n\r\nx\r\n', { body: 27 }),
  odd('a CR more before the blank line', 'A: b\r\r\n\r\nx\r\n', { body: 9 }),
  odd('every octet but NUL', Buffer.concat([Buffer.from('A: b\r\n\r\n'), everyOctet(), Buffer.from('\r\n')]), {
    body: 8,
  }),
  odd('UTF-8 cut anywhere', Buffer.from('Subject: é€😀\r\n\r\nGrüße 😀😀😀\r\n', 'utf8'), { body: 22 }),
  odd('a line of 100,000 octets', `A: b\r\n\r\n${'x'.repeat(100_000)}\r\n`, { body: 8 }),
  odd('a header line of 70,000 octets', `A: ${'b'.repeat(70_000)}\r\n\r\nx\r\n`, { body: 70_007 }),
  odd('65,535 octets', lines(65_535), { body: 8 }),
  odd('65,536 octets', lines(65_536), { body: 8 }),
  odd('65,537 octets', lines(65_537), { body: 8 }),
  odd('one octet less than a mebibyte', lines(MIB - 1), { body: 8 }),
  odd('a mebibyte', lines(MIB), { body: 8 }),
  odd('one octet more than a mebibyte', lines(MIB + 1), { body: 8 }),
  odd('5,000,000 octets, a dot in the last line', `${lines(4_999_997)}.\r\n`, { body: 8, dotted: true }),
  odd('3,000,000 octets without a blank line', `A: ${'b'.repeat(2_999_995)}\r\n`, { body: 3_000_000 }),
];

function odd(
  name: string,
  content: string | Buffer,
  { body, dotted = false }: { body: number; dotted?: boolean },
): OddLetter {
  return { name, content: typeof content === 'string' ? Buffer.from(content, 'latin1') : content, body, dotted };
}

/** A letter of exactly so many octets, with a body of numbered lines, so that a misplaced octet shows. */
function lines(octets: number): string {
  const numbered: string[] = ['A: b\r\n\r\n'];
  for (let length = 8, line = 0; length < octets; line += 1) {
    const text = `${line} the quick brown fox jumps over the lazy dog\r\n`;
    numbered.push(text);
    length += text.length;
  }
  return `${numbered.join('').slice(0, octets - 2)}\r\n`.replace(/\r\r\n$/u, 'x\r\n');
}

/** 0x01 to 0xFF, without CR and LF, each in front of each of some others, in lines that begin with no dot. */
function everyOctet(): Buffer {
  const octets = Array.from({ length: 255 }, (_, index) => index + 1).filter(
    (octet) => octet !== 0x0d && octet !== 0x0a,
  );
  return Buffer.from([...octets, 0x0d, 0x0a, ...octets.toReversed()]);
}
