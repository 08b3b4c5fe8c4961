import type { LedgerLetter } from './entry.ts';

/**
 * Letters of an entry as one text: a line each, in front of it and behind it a line feed, so that a letter is found by
 * looking for its unique-id between a line feed and a space, neither of which is in one (RFC 1939 §7). Numbers are of base 36.
 */
export function packLetters(letters: readonly LedgerLetter[]): string {
  let text = '\n';
  for (const { uniqueId, octets, arrived, became } of letters) {
    text += `${uniqueId} ${octets.toString(36)} ${arrived.toString(36)}${became === undefined ? '' : ` ${became}`}\n`;
  }
  return text;
}

export function unpackLetters(text: string): LedgerLetter[] {
  return text.split('\n').slice(1, -1).map(unpackLetter);
}

/** The letter, if it is among them: by the unique-id that it had, or by the one that it was given when it came back. */
export function findLetter(text: string, uniqueId: string): LedgerLetter | undefined {
  const had = text.indexOf(`\n${uniqueId} `);
  if (had >= 0) return lineAt(text, had);
  for (let at = 0; ; ) {
    at = text.indexOf(` ${uniqueId}\n`, at);
    if (at < 0) return undefined;
    const letter = lineAt(text, text.lastIndexOf('\n', at));
    // A number that ends a line is no unique-id.
    if (letter.became === uniqueId) return letter;
    at += 1;
  }
}

/** The letter of the line behind this line feed. */
function lineAt(text: string, lineFeed: number): LedgerLetter {
  return unpackLetter(text.slice(lineFeed + 1, text.indexOf('\n', lineFeed + 1)));
}

function unpackLetter(line: string): LedgerLetter {
  const [uniqueId = '', octets = '', arrived = '', became] = line.split(' ');
  return {
    uniqueId,
    octets: Number.parseInt(octets, 36),
    arrived: Number.parseInt(arrived, 36),
    ...(became !== undefined && { became }),
  };
}
