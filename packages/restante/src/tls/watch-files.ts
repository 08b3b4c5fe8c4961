import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Clock, Timer } from '@restante/pop/server';
import { decidingFolders } from './deciding-folders.ts';

/** How often the files are looked at when nothing was heard: network file systems tell nobody what changes on them. */
export const POLL = 60_000;

/** How long they must have been still: whoever replaces a certificate writes the key a moment before or after it. */
export const SETTLE = 1000;

export interface WatchFilesOptions {
  readonly paths: readonly string[];
  /** Told when the files are others, or have other octets, than when it was last told, and nothing stirs any more. */
  readonly onChange: () => void;
  readonly clock: Clock;
  /** Listens for changes in a folder. Default `fs.watch`. */
  readonly listen?: (folder: string, heard: () => void) => { close(): void };
}

/** Watches some files, wherever links lead to them, until it is closed. Never holds the process open. */
export async function watchFiles(options: WatchFilesOptions): Promise<{ close(): void }> {
  const watching = new FileWatch(options);
  await watching.begin();
  return watching;
}

class FileWatch {
  readonly #options: WatchFilesOptions;
  #ears: { close(): void }[] = [];
  #told = '';
  #seen = '';
  #timer: Timer | undefined;
  #looking = false;
  #heard = false;
  #closed = false;

  constructor(options: WatchFilesOptions) {
    this.#options = options;
  }

  async begin(): Promise<void> {
    this.#listen();
    this.#told = await this.#signature();
    this.#seen = this.#told;
    this.#wait(POLL);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.clear();
    for (const ear of this.#ears) ear.close();
  }

  /** Once is enough: a folder in which something stirs all the time must not put the look off for ever. */
  readonly #hear = (): void => {
    if (this.#heard || this.#closed) return;
    this.#heard = true;
    // What is heard while the files are looked at is seen to when that is over.
    if (!this.#looking) this.#wait(SETTLE);
  };

  #wait(milliseconds: number): void {
    this.#timer?.clear();
    this.#timer = this.#options.clock.set(() => void this.#look(), milliseconds);
  }

  async #look(): Promise<void> {
    this.#looking = true;
    this.#heard = false;
    const signature = await this.#signature();
    this.#looking = false;
    if (this.#closed) return;
    const still = signature === this.#seen;
    this.#seen = signature;
    if (still && signature !== this.#told) {
      this.#told = signature;
      // The links may lead elsewhere now.
      this.#listen();
      this.#options.onChange();
    }
    this.#wait(this.#heard || this.#seen !== this.#told ? SETTLE : POLL);
  }

  /** Which files they are and when they were last written to; what cannot be looked at is a state too. */
  async #signature(): Promise<string> {
    const parts = await Promise.all(
      this.#options.paths.map(async (path) => {
        try {
          const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
          return [dev, ino, size, mtimeNs, ctimeNs].join();
        } catch (thrown) {
          return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown';
        }
      }),
    );
    return parts.join(';');
  }

  #listen(): void {
    const { paths, listen = listenToFolder } = this.#options;
    const wanted = new Set(paths.flatMap((path) => [...decidingFolders(path)]));
    // Taken anew each time: a folder of that name may be another one by now.
    for (const ear of this.#ears) ear.close();
    this.#ears = [];
    for (const folder of wanted) {
      try {
        this.#ears.push(listen(folder, this.#hear));
      } catch {
        // The poll sees to it: there is no such folder now, or the system has no room for more ears.
      }
    }
  }
}

function listenToFolder(folder: string, heard: () => void): FSWatcher {
  return watch(folder, { persistent: false }, heard).on('error', () => {});
}
