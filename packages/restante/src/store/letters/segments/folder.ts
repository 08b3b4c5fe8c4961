import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

const SEGMENT = /^(\d{10})\.segment$/;

/** Where things are in a data folder. */
export interface DataFolder {
  readonly root: string;
  readonly lock: string;
  readonly index: string;
  /** Room set aside for removing letters when the disk is full. */
  readonly reserve: string;
  /** Segments, each a file of its own. */
  readonly letters: string;
  /** Large letters on their way in. */
  readonly incoming: string;
}

export function dataFolder(root: string): DataFolder {
  return {
    root,
    lock: join(root, 'lock'),
    index: join(root, 'index.sqlite'),
    reserve: join(root, 'reserve'),
    letters: join(root, 'letters'),
    incoming: join(root, 'incoming'),
  };
}

/** Makes what is missing, for the owner's eyes only. */
export function makeDataFolder(data: DataFolder): void {
  makeRoot(data.root);
  makePrivateFolder(data.letters);
  makePrivateFolder(data.incoming);
}

/**
 * Makes the data folder itself. One that has something in it keeps the mode that somebody gave it: it may be `/tmp` by
 * mistake, or let a mail server's group through to a socket. What is put into it is private all the same.
 */
export function makeRoot(path: string): void {
  makeFolder(path);
  if (readdirSync(path).length === 0) chmodSync(path, 0o700);
}

/** Makes the folder, and those above it, durably; one that was there before is made private as well. */
export function makePrivateFolder(path: string): void {
  makeFolder(path);
  chmodSync(path, 0o700);
}

/** One level after the other: Node's own recursive mkdir never ends where a file system refuses new folders by ENOENT. */
function makeFolder(path: string): void {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.isDirectory()) return;
  if (there !== undefined) throw Object.assign(new Error(`${path} is no folder`), { code: 'ENOTDIR' });
  makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  syncFolder(dirname(path));
}

export function segmentName(number: number): string {
  return `${String(number).padStart(10, '0')}.segment`;
}

export function segmentPath(data: DataFolder, number: number): string {
  return join(data.letters, segmentName(number));
}

/** The numbers of the segment files that are there, whoever knows of them. */
export function segmentNumbers(data: DataFolder): number[] {
  return readdirSync(data.letters)
    .map((name) => SEGMENT.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number);
}

/** Makes the folder's names durable: a new or renamed file is on the disk only after this. */
export function syncFolder(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export function removeSegment(data: DataFolder, number: number): void {
  try {
    unlinkSync(segmentPath(data, number));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Gives a staged large letter its number. The name is durable only after {@link syncFolder} of the letters' folder. */
export function adoptStaged(data: DataFolder, staged: string, number: number): void {
  renameSync(join(data.incoming, staged), segmentPath(data, number));
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
