import { readFileSync } from 'node:fs';

/** The number of a user or a group of this machine. */
export function idOf(table: 'passwd' | 'group', name: string): number {
  const line = readFileSync(`/etc/${table}`, 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${name}:`));
  const id = line?.split(':')[2];
  if (id === undefined) throw new Error(`/etc/${table} has no ${name}`);
  return Number(id);
}
