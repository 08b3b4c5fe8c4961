/** What stands between a file's name and its flags (`:2,FS`). Such names are handled as text with one latin1 character an octet. */
const FLAGS = ':';

/** A file's name without its flags: it stays the same while the flags change. */
export function baseName(name: string): string {
  const end = name.indexOf(FLAGS);
  return end === -1 ? name : name.slice(0, end);
}

/**
 * The order in which Dovecot numbers letters that it finds, and Courier too but for the microseconds: by the seconds that
 * the name begins with, then by the microseconds in it, then by the rest of it.
 */
export function compareNames(one: string, other: string): number {
  const [a, b] = [baseName(one), baseName(other)];
  const seconds = leadingNumber(a) - leadingNumber(b);
  if (seconds !== 0) return seconds;
  const [c, d] = [microseconds(a), microseconds(b)];
  if (c !== undefined && d !== undefined && c !== d) return c - d;
  return a < b ? -1 : Number(a > b);
}

function leadingNumber(name: string): number {
  return Number(/^\d{0,15}/.exec(name)?.[0] ?? 0);
}

function microseconds(name: string): number | undefined {
  const found = /^\d*\.[^.M]*M(\d{1,9})/.exec(name)?.[1];
  return found === undefined ? undefined : Number(found);
}
