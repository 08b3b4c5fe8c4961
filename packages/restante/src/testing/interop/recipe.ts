import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lmtpDoor } from '../office.ts';
import type { Cell } from './cell.ts';

const PAGE = readFileSync(fileURLToPath(new URL('../../../../../docs/clients.md', import.meta.url)), 'utf8');

/**
 * The configuration that docs/clients.md gives for a program, made to fit a test: its ports, its folder and its account.
 * What users read is what is tested.
 */
export function recipe(program: string, mode: string | undefined, cell: Cell): string {
  const { office, home, account } = cell;
  return codeBlock(heading(program, mode))
    .replaceAll('/home/alice', home)
    .replaceAll('alice', account)
    .replaceAll('1995', String(office.pop3s.port))
    .replaceAll('1110', String(office.pop3.port))
    .replaceAll('1024', String(lmtpDoor(office).port))
    .replaceAll('1025', String(office.smtp?.port));
}

/** The text with `from`, which must stand in it exactly once, put another way. */
export function changed(text: string, from: string | RegExp, to: string): string {
  const parts = text.split(from);
  if (parts.length !== 2)
    throw new Error(`${from} stands ${parts.length - 1} times in a configuration of docs/clients.md`);
  return parts.join(to);
}

function heading(program: string, mode: string | undefined): RegExp {
  if (mode === undefined) return new RegExp(`^## ${program}$`, 'm');
  return new RegExp(`^### ${program}, (?:\\w+ and )?${mode}(?: and \\w+)?$`, 'm');
}

function codeBlock(title: RegExp): string {
  const found = title.exec(PAGE);
  const block = found && /^```\w*\n(.*?)^```$/ms.exec(PAGE.slice(found.index));
  if (!block?.[1]) throw new Error(`docs/clients.md has no configuration under ${title}`);
  return block[1];
}
