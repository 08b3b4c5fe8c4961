import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../oracle/random.ts';
import { nameIn, sum } from './full-mailbox.ts';

/** Milliseconds between two looks: often enough to come in between anything. */
const PAUSE = 2;

/** A letter that was seen, and how often it came. */
export interface Seen {
  readonly sha256: string;
  times: number;
}

/**
 * A second program on the same Maildir: looks into `new` again and again, notes what has come, and moves each letter to `cur`
 * with flags, or removes it, as people do. It knows nothing of the collector.
 */
export class MailReader {
  /** Name of a letter to what was seen of it. */
  readonly seen = new Map<string, Seen>();
  /** Files that are no letter, or not whole. */
  readonly odd: string[] = [];
  readonly #maildir: string;
  readonly #random: Random;

  constructor(maildir: string, random: Random) {
    this.#maildir = maildir;
    this.#random = random;
  }

  /** Looks once. A letter has come when it was moved: else it is met again. */
  look(): void {
    const fresh = join(this.#maildir, 'new');
    // One that is just being made has not all of its folders yet.
    if (!existsSync(fresh) || !existsSync(join(this.#maildir, 'cur'))) return;
    for (const file of readdirSync(fresh)) {
      const octets = readFileSync(join(fresh, file));
      if (this.#random.oneIn(8)) rmSync(join(fresh, file));
      else
        renameSync(join(fresh, file), join(this.#maildir, 'cur', `${file}:2,${this.#random.oneIn(2) ? 'S' : 'FRS'}`));
      this.#note(octets, file);
    }
    for (const file of readdirSync(join(this.#maildir, 'cur'))) {
      if (this.#random.oneIn(300)) rmSync(join(this.#maildir, 'cur', file));
    }
  }

  /** Looks until it is told to stop; whatever else there is to do in this process goes on between two looks. */
  async read(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.look();
      } catch (error) {
        // People wait too, while nothing can be written there.
        if (!/EROFS|ENOSPC|Read-only/.test(String(error))) throw error;
      }
      await pause(PAUSE);
    }
  }

  #note(octets: Buffer, file: string): void {
    const name = nameIn(octets);
    if (name === undefined) {
      this.odd.push(file);
      return;
    }
    const sha256 = sum(Buffer.from(octets.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'));
    const before = this.seen.get(name);
    if (before === undefined) this.seen.set(name, { sha256, times: 1 });
    else before.times += 1;
  }
}
