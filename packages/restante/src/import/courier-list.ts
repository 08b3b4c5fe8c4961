import { Failure } from '../failure.ts';
import { baseName } from './maildir-name.ts';
import type { UniqueIdList } from './unique-id-list.ts';

/**
 * Courier's `courierpop3dsizelist`, of version 2 and 3: `/VERSION NEXT UIDVALIDITY`, then `NAME OCTETS NUMBER:UIDVALIDITY`
 * for each letter, in version 3 with one more field. Its POP3 server makes `UIDNUMBER-UIDVALIDITY` of that, `UIDNUMBER`
 * where the UIDVALIDITY is 0, and the file's name where the number is 0. Its order is that of the names.
 */
export function readCourierList(text: string, name: string): UniqueIdList {
  const [header = '', ...lines] = text.split('\n');
  if (!/^\/[23] \d+( \d+)?$/.test(header)) {
    throw new Failure(`${name} is no courierpop3dsizelist of version 2 or 3: its first line is not "/3 NUMBER NUMBER"`);
  }
  const ids = new Map<string, string>();
  for (const line of lines) {
    const [, fileName, number, validity] = /^(.+) \d+ (\d+):(\d+)(?::\d+)?$/.exec(line) ?? [];
    if (fileName === undefined) continue;
    const base = baseName(fileName);
    ids.set(base, number === '0' ? escaped(base) : `UID${number}${validity === '0' ? '' : `-${validity}`}`);
  }
  return { name, find: ({ fileName }) => (fileName === undefined ? undefined : ids.get(fileName)) };
}

/** As Courier writes a file's name where a unique-id is due. */
function escaped(fileName: string): string {
  return fileName.replace(
    /[^!-~]|['"+]/g,
    (octet) => `+${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
