import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Failure } from '../failure.ts';

/** How long the system's directory of groups may think, in milliseconds. */
const PATIENCE = 5_000;

/**
 * The number of a group, which may be given as such already. Node cannot ask the system for it: looks into `/etc/group`,
 * then has `getent` ask whatever else the machine knows its groups from. Rejects with a Failure when there is none.
 */
export async function groupId(group: string, file = '/etc/group'): Promise<number> {
  if (/^\d+$/.test(group)) return Number(group);
  const known = await readFile(file, 'utf8').catch(() => '');
  const id = idIn(known, group) ?? idIn(await asked(group), group);
  if (id === undefined) throw new Failure(`lmtp.socket_group: this machine has no group ${group}`);
  return id;
}

/** Lines of group(5): name, password, number, members. */
function idIn(text: string, group: string): number | undefined {
  for (const line of text.split('\n')) {
    const [name, , id] = line.split(':');
    if (name === group && id !== undefined && /^\d+$/.test(id)) return Number(id);
  }
  return undefined;
}

async function asked(group: string): Promise<string> {
  try {
    return (await promisify(execFile)('getent', ['group', group], { timeout: PATIENCE })).stdout;
  } catch {
    return '';
  }
}
