/**
 * The value of the first field of that name in a letter's header, unfolded (RFC 5322 §2.2.3), one latin1 character an octet;
 * undefined when there is none. `head` is the letter's beginning, with either kind of line end.
 */
export function headerField(head: Buffer, name: string): string | undefined {
  const text = head.toString('latin1');
  const end = text.search(/(?:^|\n)\r?\n/);
  const header = end === -1 ? text : text.slice(0, end);
  const field = new RegExp(`^${name}[ \\t]*:(.*(?:\\r?\\n[ \\t].*)*)`, 'im');
  return field
    .exec(header)?.[1]
    ?.replace(/\r?\n(?=[ \t])/g, '')
    .trim();
}
