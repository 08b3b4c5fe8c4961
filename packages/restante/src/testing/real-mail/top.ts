/** What TOP with `lines` has to show of a letter (RFC 1939 §7): the header, the blank line, and so many lines of the body. */
export function topOf(letter: Buffer, lines: number): Buffer {
  const blank = letter.indexOf('\r\n\r\n');
  if (blank < 0) return letter;
  let end = blank + 4;
  for (let line = 0; line < lines && end < letter.length; line += 1) end = letter.indexOf('\r\n', end) + 2;
  return letter.subarray(0, end);
}
