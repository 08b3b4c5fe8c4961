import { asName, type KeptElsewhere, Lists, linesOf, StrangeLine, UNIQUE_ID } from './elsewhere.ts';

/**
 * mpop's list of unique-ids (`~/.mpop_uidls/USER_at_HOST`, or one file for several): a line ` count host user` begins a
 * maildrop, and so many lines with a unique-id each follow. Lines that begin with `#` are comments.
 */
export function readMpopUidls(octets: Buffer): readonly KeptElsewhere[] {
  const lists = new Lists();
  let list: ReturnType<Lists['of']> | undefined;
  let missing = 0;
  let last = 0;
  for (const [number, line] of linesOf(octets)) {
    last = number;
    if (line.startsWith('#')) continue;
    if (missing > 0) {
      if (!UNIQUE_ID.test(line)) throw new StrangeLine(number, `a unique-id: ${missing} more should come here`);
      list?.letters.set(line, undefined);
      missing -= 1;
      continue;
    }
    const [, count, host, user] = /^ (\d{1,9}) (\S+) (.+)$/.exec(line) ?? [];
    if (count === undefined) throw new StrangeLine(number, '“ count host user”');
    list = lists.of(asName(`${user}@${host}`));
    missing = Number(count);
  }
  if (missing > 0) throw new StrangeLine(last + 1, `a unique-id: the file ends, and ${missing} more should come`);
  return lists.all();
}
