import { closeSync, futimesSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../failure.ts';
import type { LetterWriter } from './export.ts';
import { failedWith } from './file-octets.ts';
import { LineFeeds } from './line-feeds.ts';
import { cannotWrite, draftOf, syncPath, taken, writeAll } from './new-file.ts';
import type { OutgoingLetter } from './outgoing.ts';

/** Files that are made durable at once: the file system joins what it can. */
const SYNCS = 8;

/**
 * Writes a Maildir: all letters in `new`, each with the time at which it came as its file's own. The times in the names never go
 * back, so that who sorts by them has the order of the message-numbers.
 */
export class MaildirWriter implements LetterWriter {
  readonly #path: string;
  readonly #draft: string;
  readonly #names: string[] = [];
  #latest = 0;

  /** Throws a {@link Failure} when there is something of that name, but for an empty folder, or nothing can be made there. */
  constructor(path: string) {
    this.#path = path.replace(/(?<=.)\/+$/, '');
    refuseUsed(this.#path);
    this.#draft = draftOf(this.#path);
    try {
      mkdirSync(this.#draft, { mode: 0o700 });
      for (const folder of ['tmp', 'new', 'cur']) mkdirSync(`${this.#draft}/${folder}`, { mode: 0o700 });
    } catch (thrown) {
      throw cannotWrite(path, thrown);
    }
  }

  async write(letter: OutgoingLetter): Promise<string> {
    const passing = `${this.#draft}/tmp/${letter.number}`;
    const lineFeeds = new LineFeeds();
    let size = 0;
    const descriptor = this.#attempt(() => openSync(passing, 'wx', 0o600));
    try {
      const put = (octets: Buffer): void => {
        size += octets.length;
        writeAll(descriptor, octets);
      };
      for await (const piece of letter.pieces()) put(lineFeeds.push(piece));
      put(lineFeeds.end());
      const seconds = letter.arrived / 1000;
      futimesSync(descriptor, seconds, seconds);
    } catch (thrown) {
      throw failedWith(thrown, 'ENOSPC', 'EDQUOT', 'EIO', 'EFBIG') ? cannotWrite(this.#path, thrown) : thrown;
    } finally {
      closeSync(descriptor);
    }
    const name = this.#nameOf(letter, size);
    this.#attempt(() => renameSync(passing, `${this.#draft}/new/${name}`));
    this.#names.push(name);
    return name;
  }

  async finish(): Promise<void> {
    const waiting = this.#names.values();
    const worker = async (): Promise<void> => {
      for (const name of waiting) await syncFile(`${this.#draft}/new/${name}`);
    };
    try {
      await Promise.all(Array.from({ length: SYNCS }, worker));
      for (const folder of ['tmp', 'new', 'cur', '.']) syncPath(`${this.#draft}/${folder}`);
      renameSync(this.#draft, this.#path);
      syncPath(dirname(this.#path));
    } catch (thrown) {
      if (failedWith(thrown, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) throw taken(this.#path);
      throw thrown instanceof Failure ? thrown : cannotWrite(this.#path, thrown);
    }
  }

  async abandon(): Promise<void> {
    rmSync(this.#draft, { recursive: true, force: true });
  }

  /** A full disk may show here first: it has no room for the file's name. */
  #attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (thrown) {
      throw cannotWrite(this.#path, thrown);
    }
  }

  /** Seconds and microseconds as every Maildir program sorts them, then the message-number; `S` and `W` as Dovecot and Courier read them. */
  #nameOf({ arrived, number, octets }: OutgoingLetter, size: number): string {
    this.#latest = Math.max(this.#latest, arrived);
    const seconds = Math.floor(this.#latest / 1000);
    const micros = String((this.#latest - seconds * 1000) * 1000).padStart(6, '0');
    return `${seconds}.M${micros}Q${String(number).padStart(9, '0')}.restante,S=${size},W=${octets}`;
  }
}

function refuseUsed(path: string): void {
  try {
    if (readdirSync(path).length > 0) throw taken(path);
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown;
    if (failedWith(thrown, 'ENOENT')) return;
    throw failedWith(thrown, 'ENOTDIR') ? taken(path) : cannotWrite(path, thrown);
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
