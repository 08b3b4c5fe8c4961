import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { MaybePromise } from '@restante/pop/maildrop';

/** Up to so many octets a letter waits in memory, and all letters together. */
const INLINE = { letter: 256 * 1024, all: 8 * 1024 * 1024 };

/** Octets that are read at once. */
const PIECE = 64 * 1024;

/**
 * Where letters wait for a destination that has no place of its own for them: small ones in memory, others in files that
 * have no name any more as soon as they are open. So whatever becomes of us, nothing is left.
 */
export class Spool {
  readonly #folder: string;
  readonly #inline: typeof INLINE;
  #inMemory = 0;
  #made = false;

  /** The folder is made when it is needed, for its owner's eyes only. */
  constructor(folder: string, inline: typeof INLINE = INLINE) {
    this.#folder = folder;
    this.#inline = inline;
  }

  /** A place for one letter. Let go of it with {@link SpooledLetter.close}. */
  take(): SpooledLetter {
    return new SpooledLetter({
      reserve: (octets, already) => {
        const fits = already + octets <= this.#inline.letter && this.#inMemory + octets <= this.#inline.all;
        if (fits) this.#inMemory += octets;
        return fits;
      },
      free: (octets) => {
        this.#inMemory -= octets;
      },
      openFile: () => this.#open(),
    });
  }

  async #open(): Promise<FileHandle> {
    if (!this.#made) mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    this.#made = true;
    const path = join(this.#folder, randomUUID());
    const file = await open(path, 'wx+', 0o600);
    try {
      await unlink(path);
    } catch (thrown) {
      await file.close();
      throw thrown;
    }
    return file;
  }
}

interface Room {
  /** Whether so many octets more may be in memory: then they are counted. */
  reserve(octets: number, already: number): boolean;
  free(octets: number): void;
  openFile(): Promise<FileHandle>;
}

/** A letter that waits. Rejects with what the file system says. */
export class SpooledLetter {
  readonly #room: Room;
  #pieces: Buffer[] = [];
  #inMemory = 0;
  #file: FileHandle | undefined;
  #octets = 0;
  #closed = false;

  constructor(room: Room) {
    this.#room = room;
  }

  get octets(): number {
    return this.#octets;
  }

  /** Takes the next octets; they are the caller's again when it returns. One at a time. */
  write(octets: Buffer): MaybePromise<void> {
    this.#octets += octets.length;
    if (this.#file === undefined && this.#room.reserve(octets.length, this.#inMemory)) {
      this.#inMemory += octets.length;
      this.#pieces.push(Buffer.from(octets));
      return undefined;
    }
    return this.#toFile(octets);
  }

  /** Its octets from the beginning, as often as it is asked; each piece is good until the next is asked for. */
  async *read(): AsyncGenerator<Buffer> {
    yield* this.#pieces;
    const file = this.#file;
    if (file === undefined) return;
    const piece = Buffer.allocUnsafe(PIECE);
    for (let at = 0; ; ) {
      const { bytesRead } = await file.read(piece, 0, PIECE, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      yield piece.subarray(0, bytesRead);
    }
  }

  /** Lets go of it. May be called more than once; never rejects. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#room.free(this.#inMemory);
    this.#pieces = [];
    await this.#file?.close().catch(() => undefined);
  }

  async #toFile(octets: Buffer): Promise<void> {
    if (this.#file === undefined) {
      const file = await this.#room.openFile();
      this.#file = file;
      const held = this.#pieces;
      this.#pieces = [];
      this.#room.free(this.#inMemory);
      this.#inMemory = 0;
      for (const piece of held) await writeWhole(file, piece);
    }
    await writeWhole(this.#file, octets);
  }
}

async function writeWhole(file: FileHandle, octets: Buffer): Promise<void> {
  for (let at = 0; at < octets.length; ) {
    const { bytesWritten } = await file.write(octets, at, octets.length - at);
    at += bytesWritten;
  }
}
