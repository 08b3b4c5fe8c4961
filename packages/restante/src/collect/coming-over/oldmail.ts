import { type KeptElsewhere, linesOf, StrangeLine, seconds, UNIQUE_ID } from './elsewhere.ts';

/**
 * getmail's `oldmail-server-port-user`: a line `unique-id NUL time` for each letter that it has delivered, the time in
 * seconds since 1970. Which maildrop it is of is in the file's name alone. getmail writes `-` for each `/` in a unique-id;
 * one that has a slash is of an IMAP folder.
 */
export function readOldmail(octets: Buffer, file: string): readonly KeptElsewhere[] {
  const letters = new Map<string, number | undefined>();
  for (const [number, line] of linesOf(octets)) {
    if (line.trim() === '') continue;
    const [uniqueId = '', time, ...more] = line.split('\0');
    if (!UNIQUE_ID.test(uniqueId) || !/^\d+$/.test(time ?? '') || more.length > 0) {
      throw new StrangeLine(number, '“unique-id NUL time”');
    }
    if (uniqueId.includes('/')) {
      throw new StrangeLine(number, 'of a letter fetched by POP: what has a slash in it is of an IMAP folder');
    }
    letters.set(uniqueId, seconds(time));
  }
  return letters.size === 0 ? [] : [{ name: file, letters, partly: 0 }];
}

/** Whether getmail gives this name to the file of a maildrop, whatever the port. */
export function isOldmailOf(file: string, user: string, host: string): boolean {
  // What is not good in a file's name it replaces, however much of it there is, by one hyphen.
  const [before, after] = `oldmail-${host}-\n-${user}`
    .toLowerCase()
    .replaceAll(/[/:;<>|]+/g, '-')
    .split('\n');
  const name = file.toLowerCase();
  if (before === undefined || after === undefined || !name.startsWith(before)) return false;
  return /^\d+$/.test(name.slice(before.length, name.length - after.length)) && name.endsWith(after);
}
