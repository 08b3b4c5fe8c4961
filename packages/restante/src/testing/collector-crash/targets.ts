import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../store/store.ts';
import { readLetter } from '../oracle/inspect.ts';
import type { Random } from '../oracle/random.ts';
import type { Target } from './crash-run.ts';
import { nameIn, sum } from './full-mailbox.ts';
import { MailReader } from './mail-reader.ts';

/** A Maildir that a mail reader works on at the same time. */
export function maildirTarget(folder: string, random: Random): Target {
  const path = join(folder, 'Maildir');
  const reader = new MailReader(path, random);
  return {
    destination: `maildir:${path}`,
    read: (signal) => reader.read(signal),
    async came() {
      reader.look();
      const odd = reader.odd.map((name) => ({ name, sha256: '' }));
      return [
        ...odd,
        ...[...reader.seen].flatMap(([name, { sha256, times }]) => new Array(times).fill({ name, sha256 })),
      ];
    },
  };
}

/** An mbox file that nobody else rewrites. */
export function mboxTarget(folder: string): Target {
  const path = join(folder, 'mbox');
  return {
    destination: `mbox:${path}`,
    read: async () => {},
    async came() {
      if (!existsSync(path)) return [];
      const text = readFileSync(path, 'latin1');
      // As mboxrd has it: a letter begins behind a blank line, and quoted lines have one > more than they had.
      return text
        .split(/(?:^|(?<=\n)\n)From [^\n]*\n/)
        .slice(1)
        .map((each) =>
          each
            .replace(/\n+$/, '')
            .concat('\n')
            .replaceAll(/^>(>*From )/gm, '$1'),
        )
        .map((letter) => ({
          name: nameIn(Buffer.from(letter, 'latin1')) ?? letter.slice(0, 40),
          sha256: wired(letter),
        }));
    },
  };
}

/** An account of an office that is closed; its owner takes some letters out of it between two lives. */
export async function accountTarget(folder: string, random: Random): Promise<Target> {
  const data = join(folder, 'office');
  const taken: { readonly name: string; readonly sha256: string }[] = [];
  {
    await using store = await openStore({ data });
    await store.add({ name: 'anna', addresses: [], passwordHash: '$none$' });
  }
  return {
    destination: 'account:anna',
    data,
    read: async () => {},
    async came() {
      await using store = await openStore({ data });
      const maildrop = store.openMaildrop('anna');
      const there: { readonly name: string; readonly sha256: string }[] = [];
      const going: number[] = [];
      while (there.length < maildrop.count) {
        for (const entry of await maildrop.entries(there.length + 1, maildrop.count)) {
          const octets = await readLetter(maildrop, entry);
          there.push({ name: nameIn(octets) ?? entry.uniqueId, sha256: sum(octets) });
          if (random.oneIn(2)) going.push(entry.number);
        }
      }
      taken.push(...going.flatMap((number) => there[number - 1] ?? []));
      const left = there.filter((_, index) => !going.includes(index + 1));
      if (going.length > 0) await maildrop.expunge(going, { account: 'anna', session: 'reader', address: 'local' });
      maildrop.close();
      return [...taken, ...left];
    },
  };
}

function wired(text: string): string {
  return sum(Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1'));
}
