import { asName, type KeptElsewhere, Lists, linesOf, StrangeLine, seconds, UNIQUE_ID } from './elsewhere.ts';

/** What Thunderbird means to do with a letter: keep it at the server, delete it there; it has it whole. */
const WHOLE = new Set(['k', 'd']);
/** It has the beginning of a letter that is too large, and may have been asked for the rest. */
const PARTLY = new Set(['b', 'f']);

/**
 * Thunderbird's `popstate.dat`: a line `*host user` begins a maildrop, and lines `status unique-id time` follow, the time in
 * seconds since 1970; old ones have none. Lines that begin with `#` are comments.
 */
export function readPopstate(octets: Buffer): readonly KeptElsewhere[] {
  const lists = new Lists();
  let list: ReturnType<Lists['of']> | undefined;
  for (const [number, line] of linesOf(octets)) {
    if (line === '' || line.startsWith('#')) continue;
    const [, host, user] = /^\*(\S+) (.+)$/.exec(line) ?? [];
    if (host !== undefined) {
      list = lists.of(asName(`${user}@${host}`));
      continue;
    }
    const [, status = '', uniqueId = '', time] = /^(\w) (\S+)(?: (\S+))?$/.exec(line) ?? [];
    if (list === undefined || !UNIQUE_ID.test(uniqueId)) throw new StrangeLine(number, '“status unique-id time”');
    if (WHOLE.has(status)) list.letters.set(uniqueId, seconds(time));
    else if (PARTLY.has(status)) list.partly += 1;
    else throw new StrangeLine(number, 'of a kind that is known: it begins with k, d, b or f');
  }
  return lists.all();
}
