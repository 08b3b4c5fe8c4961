import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';

/** A small file system in a folder, which can be filled, and be made read-only: needs root. */
export class SmallDisk {
  readonly folder: string;

  /** Throws where nothing can be mounted. */
  constructor(folder: string, octets = 24 * 1024 * 1024) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${octets}`, 'none', folder], { stdio: 'pipe' });
  }

  /** Why there can be none here, for a test that is skipped; undefined where there can. */
  static missing(): string | undefined {
    if (process.env['RESTANTE_REQUIRE_PEERS']) return undefined;
    return process.getuid?.() === 0 ? undefined : 'only root can mount a small file system';
  }

  /** Leaves no octet free. */
  fill(): () => void {
    const path = `${this.folder}/filler`;
    const { bavail, bsize } = statfsSync(this.folder);
    writeFileSync(path, Buffer.alloc(bavail * bsize));
    return () => rmSync(path);
  }

  readOnly(): () => void {
    execFileSync('mount', ['-o', 'remount,ro', this.folder]);
    return () => execFileSync('mount', ['-o', 'remount,rw', this.folder]);
  }

  close(): void {
    execFileSync('umount', ['-l', this.folder]);
    rmSync(this.folder, { recursive: true });
  }
}

/** The folder is somewhere else for a while. */
export function vanish(folder: string): () => void {
  const elsewhere = `${folder}.elsewhere`;
  renameSync(folder, elsewhere);
  return () => {
    rmSync(folder, { recursive: true, force: true });
    renameSync(elsewhere, folder);
  };
}

const NOBODY = 65534;

/** What is in the folder may be read and not written for a while: this process is nobody meanwhile, where it is root. */
export function forbid(folder: string): () => void {
  const paths = [
    folder,
    ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  ];
  const modes = paths.map((path) => [path, statSync(path).mode] as const);
  for (const [path, mode] of modes) chmodSync(path, (mode & 0o555) | ((mode & 0o500) >> 6));
  const user = process.geteuid?.() ?? NOBODY;
  if (user === 0) process.seteuid?.(NOBODY);
  return () => {
    if (user === 0) process.seteuid?.(user);
    for (const [path, mode] of modes) if (existsSync(path)) chmodSync(path, mode);
  };
}

/** All files below a folder, by their paths from there. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => `${parentPath}/${name}`.slice(folder.length + 1))
    .sort();
}
