/**
 * The value of the topmost field of that name, unfolded (RFC 5322 §2.2.3), one latin1 character an octet; undefined when
 * there is none. Only LF ends a line here: a CR that stands alone begins no field, whatever its sender would like.
 * `head` is a letter's beginning; what stands behind its blank line is not looked at.
 */
export function topmostField(head: Buffer, name: string): string | undefined {
  const wanted = name.toLowerCase();
  let value: string | undefined;
  for (const line of headerLines(head)) {
    if (value !== undefined) {
      if (!/^[ \t]/.test(line)) break;
      value += line;
      continue;
    }
    const colon = line.indexOf(':');
    if (colon !== -1 && line.slice(0, colon).trimEnd().toLowerCase() === wanted) value = line.slice(colon + 1);
  }
  return value?.trim();
}

function* headerLines(head: Buffer): Generator<string> {
  const text = head.toString('latin1');
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n', from);
    const line = text.slice(from, end === -1 ? text.length : end).replace(/\r$/, '');
    if (line === '') return;
    yield line;
    if (end === -1) return;
    from = end + 1;
  }
}
