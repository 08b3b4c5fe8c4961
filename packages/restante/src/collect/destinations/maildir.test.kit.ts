import { chmodSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forbid, SmallDisk, vanish } from './broken-folder.test.kit.ts';
import type { DestinationUnderTest } from './conformance.test.kit.ts';
import type { OpenDying } from './dying.test.kit.ts';
import { openMaildir } from './maildir.ts';

export const openDying: OpenDying = (root, at) => openMaildir(root, { at });

/** A Maildir, on a disk of its own where that can be had. */
export function maildirUnderTest(): DestinationUnderTest {
  const folder = mkdtempSync(join(tmpdir(), 'restante-maildir-'));
  // Nobody may pass through it, when this process is nobody.
  chmodSync(folder, 0o755);
  const disk = SmallDisk.missing() === undefined ? new SmallDisk(join(folder, 'disk')) : undefined;
  const root = join(disk?.folder ?? folder, 'Maildir');
  const names = (sub: string): readonly string[] => readdirSync(join(root, sub)).map((name) => join(root, sub, name));
  return {
    open: () => openMaildir(root),
    letters: () => [...names('new'), ...names('cur')].map(fromFile),
    leftovers: () => readdirSync(root).filter((name) => !['new', 'cur', 'tmp'].includes(name)),
    reader: {
      read: () => {
        for (const name of readdirSync(join(root, 'new'))) {
          renameSync(join(root, 'new', name), join(root, 'cur', `${name}:2,S`));
        }
      },
      remove: () => {
        for (const name of [...names('new'), ...names('cur')]) rmSync(name);
      },
    },
    breaks: {
      ...(disk && { 'a full disk': () => disk.fill(), 'a read-only disk': () => disk.readOnly() }),
      'a folder that is gone': () => vanish(root),
      'a folder that may not be written': () => forbid(root),
    },
    bent: (at) => openMaildir(root, { at }),
    dying: { module: import.meta.url, argument: root },
    close: () => {
      disk?.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** What the server had sent, worked out as docs/collecting.md says, and not as the code does. */
export function fromFile(path: string): Buffer {
  const octets = readFileSync(path, 'latin1');
  const [, size] = /,S=(\d+)/.exec(path) ?? [];
  if (Number(size) !== octets.length) throw new Error(`${path} has ${octets.length} octets`);
  const [, wire] = /,W=(\d+)/.exec(path) ?? [];
  if (wire === undefined) return Buffer.from(octets, 'latin1');
  const sent = Buffer.from(octets.replace(/(?<!\r)\n/g, '\r\n'), 'latin1');
  if (sent.length !== Number(wire)) throw new Error(`${path} stands for ${sent.length} octets`);
  return sent;
}
