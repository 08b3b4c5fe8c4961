import { closeSync, existsSync, fdatasyncSync, openSync, statfsSync, unlinkSync, writeSync } from 'node:fs';
import type { DataFolder } from '../letters/segments/folder.ts';
import type { StoreLimits } from '../limits.ts';

/**
 * How much of the disk mail may still use. Below the reserve no letter is taken; the reserve file is for when others have
 * used up that too: it is given up so that the index can record what is removed.
 */
export class Room {
  readonly #data: DataFolder;
  readonly #limits: StoreLimits;
  readonly #pretend: BigInt64Array | undefined;

  /** `pretend` holds the free octets as a test wants them seen. */
  constructor(data: DataFolder, limits: StoreLimits, pretend?: SharedArrayBuffer) {
    this.#data = data;
    this.#limits = limits;
    this.#pretend = pretend && new BigInt64Array(pretend);
  }

  /** Octets that mail may still take: negative when the reserve has been touched. */
  left(): number {
    return this.#free() - this.#limits.reserve;
  }

  /** Octets that moving letters may take, since it gives more back: half of the reserve as well. */
  leftForMoving(): number {
    return this.#free() - this.#limits.reserve / 2;
  }

  /** Sets the reserve file aside, where there is room for it. */
  setAside(): void {
    const { reserveFile } = this.#limits;
    if (reserveFile === 0 || existsSync(this.#data.reserve) || this.left() < reserveFile) return;
    try {
      fill(this.#data.reserve, reserveFile);
    } catch {
      // It was not to be: then there is none, as on a disk that is full already.
      giveUp(this.#data);
    }
  }

  /** Gives the reserve file up; whether there was one. */
  giveUp(): boolean {
    return giveUp(this.#data);
  }

  #free(): number {
    if (this.#pretend) return Number(Atomics.load(this.#pretend, 0));
    const { bavail, bsize } = statfsSync(this.#data.root);
    return bavail * bsize;
  }
}

export function giveUp(data: DataFolder): boolean {
  try {
    unlinkSync(data.reserve);
    return true;
  } catch {
    return false;
  }
}

function fill(path: string, octets: number): void {
  const piece = Buffer.alloc(Math.min(octets, 1024 * 1024));
  const descriptor = openSync(path, 'wx', 0o600);
  try {
    for (let done = 0; done < octets; ) done += writeSync(descriptor, piece, 0, Math.min(piece.length, octets - done));
    fdatasyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
