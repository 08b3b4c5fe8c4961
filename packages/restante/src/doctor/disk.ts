import { existsSync, type StatsFs } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { formatOctets } from '../config/quantity.ts';
import type { Settings } from '../config/settings.ts';
import { error, type Finding, ok, warning } from './finding.ts';

const MIB = 2 ** 20;
/** Segments, the index and its log, a letter of its own for each large one: below this many new files trouble is near. */
const FEW_FILES = 1000;

/** File systems that keep less than was promised, by Linux's magic numbers (linux/magic.h). */
const DOUBTFUL: ReadonlyMap<number, readonly [name: string, why: string]> = new Map([
  [0x01021994, ['tmpfs', 'it is gone when the machine is switched off']],
  [0x858458f6, ['ramfs', 'it is gone when the machine is switched off']],
  [0x794c7630, ['overlayfs', 'in a container it is gone with the container, unless a volume is mounted there']],
  [0x6969, ['NFS', 'the index needs locks and shared memory that it does not keep']],
  [0xff534d42, ['CIFS', 'the index needs locks and shared memory that it does not keep']],
  [0xfe534d42, ['SMB', 'the index needs locks and shared memory that it does not keep']],
  [0x01021997, ['9P', 'it is not sure to put on the disk what it is told to']],
  [0x65735546, ['FUSE', 'whether it puts on the disk what it is told to depends on what is behind it']],
  [0x4d44, ['FAT', 'it knows no owners, and loses files when the power fails']],
  [0x2011bab0, ['exFAT', 'it knows no owners, and loses files when the power fails']],
]);

/** What statfs(2) says of a file system. */
export type FileSystem = Pick<StatsFs, 'type' | 'bsize' | 'bavail' | 'ffree' | 'files'>;

/** Room for letters and for files, and what kind of file system it is. */
export async function examineDisk(
  data: string,
  settings: Settings,
  fileSystem: (path: string) => Promise<FileSystem> = statfs,
): Promise<readonly Finding[]> {
  const at = nearest(data);
  const { type, bsize, bavail, ffree, files } = await fileSystem(at);
  return [...roomFor(bavail * bsize, settings, at), ...filesFor(ffree, files, at), kindOf(type, at)];
}

/** The folder, or the one in which it will be made. */
function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path));
}

function* roomFor(free: number, settings: Settings, at: string): Generator<Finding> {
  const { 'limits.reserve': reserve, 'limits.letter_size': letter } = settings;
  const room = `${at} has ${readable(free)} free`;
  if (free < reserve) {
    yield error(`${room}, less than limits.reserve (${formatOctets(reserve)}): no mail is taken`, 'make room');
  } else if (free < reserve + 2 * letter) {
    yield warning(`${room}: less than two letters of limits.letter_size above the reserve`, 'make room soon');
  } else yield ok(room);
}

function* filesFor(free: number, total: number, at: string): Generator<Finding> {
  // Some file systems make them as they are needed, and say 0.
  if (total > 0 && free < FEW_FILES)
    yield error(`${at} has room for ${free} more files only`, 'remove files that nobody needs');
}

function kindOf(type: number, at: string): Finding {
  const [name, why] = DOUBTFUL.get(type >>> 0) ?? [];
  if (name === undefined || why === undefined)
    return ok(`the file system of ${at} is none of those that are known to lose mail`);
  return warning(
    `${at} is on ${name}: ${why}`,
    'keep the data folder on a disk of this machine (ext4, XFS, Btrfs, ZFS)',
  );
}

function readable(octets: number): string {
  return octets >= 1024 * MIB ? `${(octets / 1024 / MIB).toFixed(1)} GiB` : `${Math.floor(octets / MIB)} MiB`;
}
