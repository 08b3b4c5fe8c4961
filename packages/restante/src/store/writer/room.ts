import { statfsSync } from 'node:fs';

/** How much of the disk mail may still use. */
export class Room {
  readonly #path: string;
  readonly #reserve: number;
  readonly #pretend: BigInt64Array | undefined;

  /** `pretend` holds the free octets as a test wants them seen. */
  constructor(path: string, reserve: number, pretend?: SharedArrayBuffer) {
    this.#path = path;
    this.#reserve = reserve;
    this.#pretend = pretend && new BigInt64Array(pretend);
  }

  /** Octets that mail may still take: negative when the reserve has been touched. */
  left(): number {
    return this.#free() - this.#reserve;
  }

  #free(): number {
    if (this.#pretend) return Number(Atomics.load(this.#pretend, 0));
    const { bavail, bsize } = statfsSync(this.#path);
    return bavail * bsize;
  }
}
