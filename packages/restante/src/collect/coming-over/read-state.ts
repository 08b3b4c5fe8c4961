import { basename } from 'node:path';
import { Failure } from '../../failure.ts';
import { type KeptElsewhere, type Program, StrangeLine } from './elsewhere.ts';
import { readFetchids } from './fetchids.ts';
import { readMpopUidls } from './mpop-uidls.ts';
import { isOldmailOf, readOldmail } from './oldmail.ts';
import { readPopstate } from './popstate.ts';

interface Reader {
  read(octets: Buffer, file: string): readonly KeptElsewhere[];
  /** Whether the program means this maildrop by the name. */
  isOf(name: string, user: string, host: string): boolean;
}

const READERS: Readonly<Record<Program, Reader>> = {
  fetchmail: { read: readFetchids, isOf: isUserAtHost },
  getmail: { read: readOldmail, isOf: isOldmailOf },
  mpop: { read: readMpopUidls, isOf: isUserAtHost },
  thunderbird: { read: readPopstate, isOf: isUserAtHost },
};

function isUserAtHost(name: string, user: string, host: string): boolean {
  const at = name.lastIndexOf('@');
  return name.slice(0, at) === user && name.slice(at + 1).toLowerCase() === host.toLowerCase();
}

/** How many names a message gives. */
const NAMED = 10;

/**
 * Reads what another program remembers of the letters that it has fetched: all of the file, or nothing where a line of it
 * is not understood. Throws a Failure that names the line.
 *
 * @param file - its path: for messages, and for getmail, which has the maildrop in the name alone
 */
export function readState(program: Program, octets: Buffer, file: string): readonly KeptElsewhere[] {
  try {
    return READERS[program].read(octets, basename(file));
  } catch (error) {
    if (!(error instanceof StrangeLine)) throw error;
    throw new Failure(`${file} is no list of ${program}’s: ${error.message}`, { cause: error });
  }
}

/**
 * The list of one maildrop. It is not guessed, since servers give the same unique-ids in several maildrops, and what is
 * taken for kept is never fetched. Throws a Failure that names those which are there.
 *
 * @param named - the maildrop's name in the file, where it is another than in the URL
 */
export function listOf(
  program: Program,
  lists: readonly KeptElsewhere[],
  { user, host }: { readonly user: string; readonly host: string },
  file: string,
  named?: string,
): KeptElsewhere {
  const found =
    named === undefined
      ? lists.find(({ name }) => READERS[program].isOf(name, user, host))
      : lists.find(({ name }) => name === named);
  if (found !== undefined) return found;
  if (lists.length === 0) throw new Failure(`${file} has no letter in it`);
  // It goes to a terminal, and the file may be anybody's.
  const names = lists.slice(0, NAMED).map(({ name }) => name.replaceAll(/\p{Cc}/gu, '?'));
  const more = lists.length > NAMED ? ` and ${lists.length - NAMED} more` : '';
  throw new Failure(
    `${file} has no letter of ${named ?? `${user}@${host}`}, but of ${names.join(', ')}${more}: ` +
      'if one of them is the same maildrop by another name, say so with --of NAME',
  );
}
