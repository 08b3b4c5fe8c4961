/** A letter that is hard on a server in one way. */
export interface Shape {
  readonly title: string;
  readonly octets: Buffer;
}

const KIB = 1024;
const MIB = 1024 * KIB;
/** Sizes round the slices and buffers that servers have. */
const SIZES = [63, 64, 65, 66, 255, 256, 257].map((kib) => kib * KIB).concat(MIB);
const HEADER = 'Subject: a shape\r\nFrom: bob@example.org\r\n\r\n';

/**
 * Every size and shape of line. `trace` is the octets that the office puts above a letter: the sizes are tried for the
 * letter as it is sent and for the letter as it is stored.
 */
export function shapes(trace: number): readonly Shape[] {
  return [...oddities(), ...lineLengths(), ...dots(), ...sizes(trace)].map(([title, text]) => ({
    title,
    octets: Buffer.from(text, 'latin1'),
  }));
}

type Titled = readonly [title: string, text: string];

function oddities(): readonly Titled[] {
  return [
    ['an empty letter', ''],
    ['only a blank line', '\r\n'],
    ['two blank lines', '\r\n\r\n'],
    ['a blank line, then text', '\r\ntext\r\n'],
    ['no header field, no blank line', 'text\r\n'],
    ['only a header', 'Subject: x\r\nFrom: bob@example.org\r\n'],
    ['a header and the blank line', HEADER],
    ['a body of one octet', `${HEADER}x\r\n`],
    ['a first line that begins with a space', ' Subject: x\r\n\r\ntext\r\n'],
    ['every octet from 0x80', `${HEADER}${octets(0x80, 0xff)}\r\n`],
    ['every control but NUL, CR and LF', `${HEADER}${octets(0x01, 0x1f).replaceAll(/[\r\n]/g, '')}\x7f\r\n`],
    ['eight bits in the header', `Subject: ${octets(0xa0, 0xff)}\r\n\r\ntext\r\n`],
    ['tabs', `${HEADER}\t\r\n\t\t\ttext\t\r\n`],
    ['only blank lines in the body', `${HEADER}${'\r\n'.repeat(50_000)}`],
    ['what looks like a reply', `${HEADER}+OK\r\n-ERR\r\n.\r\n+OK done\r\n250 2.0.0 ok\r\n`],
    ['what looks like commands', `${HEADER}QUIT\r\nDELE 1\r\n.\r\nRSET\r\nMAIL FROM:<>\r\n`],
    [
      'trace fields of its own',
      `Return-Path: <x@example.org>\r\nDelivered-To: x\r\nReceived: from x\r\n\tby y\r\n${HEADER}text\r\n`,
    ],
  ];
}

function lineLengths(): readonly Titled[] {
  const lengths = [0, 1, 2, 3, 997, 998, 999, 1000, 1001, 65_534, 65_535, 65_536, 100_000];
  return [
    ...lengths.map((length) => [`a body line of ${length} octets`, `${HEADER}${'x'.repeat(length)}\r\n`] as const),
    ...lengths
      .slice(4)
      .map(
        (length) => [`a header line of ${length} octets`, `Subject: ${'x'.repeat(length - 9)}\r\n\r\n\r\n`] as const,
      ),
    [
      'lines of 0 to 300 octets',
      HEADER + Array.from({ length: 301 }, (_, length) => `${'x'.repeat(length)}\r\n`).join(''),
    ],
  ];
}

function dots(): readonly Titled[] {
  const lines = ['.', '..', '.x', '...', ' .', 'x.'];
  return [
    ...lines.flatMap((line): readonly Titled[] => [
      [`the letter begins with ${line}`, `${line}\r\n${HEADER}text\r\n`],
      [`the letter is ${line}`, `${line}\r\n`],
      [`the body is ${line}`, `${HEADER}${line}\r\n`],
      [`the letter ends with ${line}`, `${HEADER}text\r\n${line}\r\n`],
      [`a blank line, then ${line}`, `\r\n${line}\r\n`],
      // Three octets a line and every other length meet the borders of slices at every offset.
      [`nothing but ${line}, over many slices`, `${line}\r\n`.repeat(Math.ceil((300 * KIB) / (line.length + 2)))],
    ]),
    ...SIZES.flatMap((size) => [size - 300, size - 4, size - 3, size - 2, size - 1, size, size + 1]).map(
      (offset) =>
        [
          `lines with dots from offset ${offset} on`,
          `${filled(offset)}.\r\n..\r\n.x\r\n.\r\n\r\n.\r\n${'.\r\n'.repeat(150)}`,
        ] as const,
    ),
  ];
}

function sizes(trace: number): readonly Titled[] {
  const near = [...SIZES, 5 * MIB].flatMap((size) => [size - 1, size, size + 1]);
  return [
    ...near.map((size) => [`${size} octets`, filled(size)] as const),
    ...near.map((size) => [`${size} octets with the trace fields`, filled(size - trace)] as const),
  ];
}

/** A letter of so many octets. */
function filled(size: number): string {
  const left = size - HEADER.length - 2;
  const line = `${'0123456789'.repeat(7)}\r\n`;
  return `${HEADER}${line.repeat(Math.floor(left / line.length))}${'x'.repeat(left % line.length)}\r\n`;
}

function octets(from: number, to: number): string {
  return Buffer.from(Array.from({ length: to - from + 1 }, (_, index) => from + index)).toString('latin1');
}
