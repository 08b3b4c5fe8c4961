import { existsSync } from 'node:fs';
import { Failure } from '../failure.ts';
import { readCourierList } from './courier-list.ts';
import { readDovecotList } from './dovecot-list.ts';
import { OpenFile, shown } from './file-octets.ts';
import { headerField } from './header-field.ts';
import { type SourceLetter, Unreadable } from './source.ts';
import { readTwoColumns } from './two-columns.ts';

/** The unique-ids that another server gave. */
export interface UniqueIdList {
  /** What it is, for people. */
  readonly name: string;
  /** The unique-id of this letter, as it stands there; undefined when the list has none for it. */
  find(letter: SourceLetter, head: Buffer): string | undefined;
  /** A place in the order in which that server listed its letters, by file name; undefined where the list does not tell. */
  order?(fileName: string): number | undefined;
}

/** RFC 1939 §7. */
export function isUniqueId(text: string): boolean {
  return /^[!-~]{1,70}$/.test(text);
}

/** `X-UIDL`, which servers of mbox files have written into their letters. */
export const xUidl: UniqueIdList = {
  name: 'X-UIDL fields',
  find: (_, head) => headerField(head, 'X-UIDL'),
};

/** A list that is larger has more letters than any maildrop. */
const LARGEST = 256 * 1024 * 1024;

/**
 * Reads a list of any of the kinds that are known: the first line tells which it is. `format` is Dovecot's
 * `pop3_uidl_format`; `follow` says whether the path may be a symbolic link: one that the operator has named, not one that
 * is found in a user's folder. Throws a {@link Failure}.
 */
export function readUniqueIdList(path: string, format: string, follow: boolean): UniqueIdList {
  const text = readText(path, follow);
  const name = shown(path);
  if (/^(1 \d+ \d+|3 .*\bV\d+)/.test(text)) return readDovecotList(text, name, format);
  if (text.startsWith('/')) return readCourierList(text, name);
  return readTwoColumns(text, name);
}

function readText(path: string, follow: boolean): string {
  if (!existsSync(path)) {
    throw new Failure(`there is no list of unique-ids ${shown(path)}: name the file that the other server keeps`);
  }
  let octets: Buffer | undefined;
  try {
    const file = OpenFile.open(path, follow);
    try {
      if (file.stats.size <= LARGEST) octets = Buffer.concat([...file.pieces(0, file.stats.size)]);
    } finally {
      file.close();
    }
  } catch (thrown) {
    if (!(thrown instanceof Unreadable)) throw thrown;
    throw new Failure(`the list of unique-ids ${shown(path)}: ${thrown.message}; ${thrown.remedy}`);
  }
  if (octets === undefined) throw new Failure(`${shown(path)} is too large to be a list of unique-ids`);
  return octets.toString('latin1');
}
