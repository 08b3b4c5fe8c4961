import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonical } from '@restante/pop/wire';
import { forbid, SmallDisk, vanish } from './broken-folder.test.kit.ts';
import type { DestinationUnderTest } from './conformance.test.kit.ts';
import type { OpenDying } from './dying.test.kit.ts';
import { openMbox } from './mbox.ts';

export const openDying: OpenDying = (path, at) => openMbox(path, { at });

/** An mbox file, on a disk of its own where that can be had. */
export function mboxUnderTest(): DestinationUnderTest & { readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'restante-mbox-'));
  // Nobody may pass through it, when this process is nobody.
  chmodSync(folder, 0o755);
  const disk = SmallDisk.missing() === undefined ? new SmallDisk(join(folder, 'disk'), 64 * 1024 * 1024) : undefined;
  // In a folder that can vanish.
  const place = join(disk?.folder ?? folder, 'mail');
  mkdirSync(place);
  const path = join(place, 'mbox');
  return {
    path,
    open: () => openMbox(path),
    letters: () => lettersIn(path).map((letter) => Buffer.from(canonical(letter))),
    leftovers: () => readdirSync(place).filter((name) => name !== 'mbox'),
    // What an mbox file cannot tell: whether the last line had an end, and of which kind line ends were.
    arrives: (sent) => Buffer.from(canonical(sent.at(-1) === 0x0d ? Buffer.concat([sent, Buffer.from('\n')]) : sent)),
    reader: {
      read: () => void readFileSync(path),
      remove: () => writeFileSync(path, ''),
    },
    breaks: {
      ...(disk && { 'a full disk': () => disk.fill(), 'a read-only disk': () => disk.readOnly() }),
      'a folder that is gone': () => vanish(place),
      'a folder that may not be written': () => forbid(place),
    },
    bent: (at) => openMbox(path, { at }),
    dying: { module: import.meta.url, argument: path },
    close: () => {
      disk?.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/**
 * The letters in an mbox file, as docs/collecting.md says, and not as the code does. `loosely` where other programs have
 * written too.
 */
export function lettersIn(path: string, how: 'exactly' | 'loosely' = 'exactly'): readonly Buffer[] {
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'latin1');
  if (text === '') return [];
  if (!text.startsWith('From ') || !text.endsWith('\n')) throw new Error(`no mbox file: ${JSON.stringify(text)}`);
  return `\n${text}`
    .split(/\nFrom [^\n]*\n/)
    .slice(1)
    .map((letter, index, all) => {
      // Behind each is an empty line, whose end is taken for the separator's where there is one.
      const own = index === all.length - 1 ? letter.slice(0, -1) : letter;
      if (how === 'exactly' && !/^$|\n$/.test(own)) throw new Error(`no empty line behind ${JSON.stringify(own)}`);
      return Buffer.from(own.replace(/(?<=^|\n)>(>*From )/g, '$1'), 'latin1');
    });
}
