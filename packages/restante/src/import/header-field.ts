/**
 * The value of the first field of that name in a letter's header, unfolded (RFC 5322 §2.2.3), one latin1 character an octet;
 * undefined when there is none. `head` is the letter's beginning, with either kind of line end.
 */
export function headerField(head: Buffer, name: string): string | undefined {
  const end = head.indexOf(head.includes('\r\n\r\n') ? '\r\n\r\n' : '\n\n');
  const header = head.toString('latin1', 0, end === -1 ? head.length : end);
  const field = new RegExp(`^${name}[ \\t]*:(.*(?:\\r?\\n[ \\t].*)*)`, 'im');
  return field
    .exec(header)?.[1]
    ?.replace(/\r?\n(?=[ \t])/g, '')
    .trim();
}
