import { createHash } from 'node:crypto';

/** A letter that a test sends: its name stands in its first line, so that it is known again wherever it turns up. */
export interface SentLetter {
  readonly name: string;
  readonly content: Buffer;
  readonly sha256: string;
}

/** What a letter that was found says about itself. */
export interface FoundLetter {
  readonly name: string;
  /** Of all below the trace fields. */
  readonly sha256: string;
  readonly trace: string;
}

const NAME_FIELD = 'X-Letter: ';

/** A letter of about so many octets, different from every letter of another name in every line. */
export function writeLetter(name: string, octets: number): SentLetter {
  const lines = [`${NAME_FIELD}${name}\r\n\r\n`];
  for (let length = lines.join('').length, line = 0; length < octets; line += 1) {
    // Every seventh line begins with a dot.
    const text = `${line % 7 === 3 ? '.' : ''}${line} ${name} ${'all work and no play '.repeat(line % 5)}\r\n`;
    lines.push(text);
    length += text.length;
  }
  const content = Buffer.from(lines.join(''), 'latin1');
  return { name, content, sha256: sha256(content) };
}

/** Reads a letter's name and checks nothing; undefined when it is no letter of a test. */
export function recogniseLetter(octets: Buffer): FoundLetter | undefined {
  const start = octets.indexOf(NAME_FIELD);
  const end = octets.indexOf('\r\n', start);
  if (start < 0 || end < 0) return undefined;
  return {
    name: octets.toString('latin1', start + NAME_FIELD.length, end),
    sha256: sha256(octets.subarray(start)),
    trace: octets.toString('latin1', 0, start),
  };
}

function sha256(octets: Uint8Array): string {
  return createHash('sha256').update(octets).digest('hex');
}
