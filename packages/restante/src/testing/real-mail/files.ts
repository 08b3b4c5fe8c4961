/** A letter as it lies in a file on Unix: each CRLF a LF, but where another CR stands before it. */
export function withLf(octets: Buffer): Buffer {
  return Buffer.from(octets.toString('latin1').replaceAll(/(?<!\r)\r\n/g, '\n'), 'latin1');
}

/**
 * Letters as an mbox file, in the form mboxrd: before each a line with sender and time, behind it a blank line, and lines of the
 * letter that look like the former are quoted.
 */
export function mboxOf(letters: readonly Buffer[]): Buffer {
  const parts = letters.map((octets, index) => {
    const time = new Date(Date.UTC(2026, 10, 2, 10, 0, index)).toUTCString();
    const [, weekday, day, month, year, clock] = /^(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(time) ?? [];
    const text = withLf(octets)
      .toString('latin1')
      .replaceAll(/(?<=^|\n)(?=>*From )/g, '>');
    return `From sender@example.org ${weekday} ${month} ${day?.replace(/^0/, ' ')} ${clock} ${year}\n${text}\n`;
  });
  return Buffer.from(parts.join(''), 'latin1');
}
