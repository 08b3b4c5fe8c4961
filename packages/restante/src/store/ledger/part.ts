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
  const at = had >= 0 ? had : text.lastIndexOf('\n', text.indexOf(` ${uniqueId}\n`));
  if (had < 0 && !text.includes(` ${uniqueId}\n`)) return undefined;
  const letter = unpackLetter(text.slice(at + 1, text.indexOf('\n', at + 1)));
  // A number at the end of a line is no unique-id.
  return letter.uniqueId === uniqueId || letter.became === uniqueId ? letter : undefined;
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
