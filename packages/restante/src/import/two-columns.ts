import { Failure } from '../failure.ts';
import { baseName } from './maildir-name.ts';
import type { UniqueIdList } from './unique-id-list.ts';

/**
 * A list with two columns: the name of a letter's file, or its message-number, and its unique-id. What a server answered to
 * UIDL is one as it stands. Empty lines, lines that begin with `#`, and the `+OK` and `.` of such an answer say nothing.
 */
export function readTwoColumns(text: string, name: string): UniqueIdList {
  const ids = new Map<string, string>();
  for (const [index, line] of text.split('\n').entries()) {
    const row = line.trim();
    if (row === '' || row === '.' || row.startsWith('#') || row.startsWith('+OK')) continue;
    const [, letter, uniqueId] = /^(.*\S)\s+(\S+)$/.exec(row) ?? [];
    if (letter === undefined || uniqueId === undefined) {
      throw new Failure(`${name}, line ${index + 1}: write a file's name or a message-number, and its unique-id`);
    }
    const key = baseName(letter);
    const other = ids.get(key);
    if (other !== undefined && other !== uniqueId) {
      throw new Failure(`${name}, line ${index + 1}: there was another unique-id for it before`);
    }
    ids.set(key, uniqueId);
  }
  return {
    name,
    find: ({ fileName, number }) => (fileName === undefined ? undefined : ids.get(fileName)) ?? ids.get(`${number}`),
  };
}
