import { asName, type KeptElsewhere, Lists, linesOf, StrangeLine, UNIQUE_ID } from './elsewhere.ts';

/**
 * fetchmail's `.fetchids`: a line `user@host unique-id` for each letter that it has seen and that was still there. Nothing is
 * quoted: there may be blanks and `@` in the user's name, and an `@` in the unique-id. There is no blank in a unique-id,
 * since fetchmail ends it there, and no `@` in a host's name.
 */
export function readFetchids(octets: Buffer): readonly KeptElsewhere[] {
  const lists = new Lists();
  for (const [number, line] of linesOf(octets)) {
    if (line.trim() === '') continue;
    const [, name, uniqueId = ''] = /^[ \t]*(.+@[^@ \t]+)[ \t]+(\S+)[ \t]*$/.exec(line) ?? [];
    if (name === undefined || !UNIQUE_ID.test(uniqueId)) throw new StrangeLine(number, '“user@host unique-id”');
    lists.of(asName(name)).letters.set(uniqueId, undefined);
  }
  return lists.all();
}
