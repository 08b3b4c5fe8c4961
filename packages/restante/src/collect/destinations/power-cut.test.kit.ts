import { openSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sent, several, stage } from './conformance-letters.test.kit.ts';
import type { Destination, StagedLetter, UnsettledLetter } from './destination.ts';
import { recordOf, type SentLetter } from './dying.test.kit.ts';
import { openMaildir } from './maildir.ts';
import { openMbox } from './mbox.ts';

/** What the journal has: a line each, which counts as durable when it begins to be written. */
export type JournalLine = { readonly staged: readonly UnsettledLetter[] } | { readonly kept: readonly string[] };

export type Kind = 'maildir' | 'mbox';

/** One of them is larger than what a disk writes as a whole. */
export const cutLetters: readonly SentLetter[] = [
  ...several(4),
  { ...sent('large'), octets: Buffer.from(`a: b\r\n\r\n${'From a line that is quoted\r\n'.repeat(700)}`) },
  sent('last'),
];
const BATCH = 3;

export function openKind(kind: Kind, path: string): Promise<Destination> {
  return kind === 'maildir' ? openMaildir(path) : openMbox(path);
}

async function main([kind, path = '', log = '']: readonly string[]): Promise<void> {
  const descriptor = openSync(log, 'a');
  const say = (line: JournalLine): void => void writeSync(descriptor, `${JSON.stringify(line)}\n`);
  const destination = await openKind(kind as Kind, path);
  for (let from = 0; from < cutLetters.length; from += BATCH) {
    const staged: StagedLetter[] = [];
    const letters = cutLetters.slice(from, from + BATCH);
    for (const letter of letters) staged.push(await stage(destination, letter));
    await destination.prepare(staged);
    say({ staged: staged.map((one, index) => recordOf(one, letters[index]?.octets ?? Buffer.alloc(0))) });
    const placings = await destination.place(staged);
    if (placings.some(({ type }) => type !== 'placed')) throw new Error(JSON.stringify(placings));
    say({ kept: letters.map(({ letter }) => letter.key) });
  }
  await destination.close();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
