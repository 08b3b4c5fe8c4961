import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { MaybePromise } from '@restante/pop/maildrop';
import { failedWith } from '../../import/file-octets.ts';
import { cannotWrite } from '../../import/new-file.ts';

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
  readonly #letters = new Set<SpooledLetter>();
  #inMemory = 0;

  /** The folder is made when it is needed, for its owner's eyes only. */
  constructor(folder: string, inline: typeof INLINE = INLINE) {
    this.#folder = folder;
    this.#inline = inline;
  }

  /** A place for one letter. Let go of it with {@link SpooledLetter.close}. */
  take(): SpooledLetter {
    const letter: SpooledLetter = new SpooledLetter({
      reserve: (octets, already) => {
        const fits = already + octets <= this.#inline.letter && this.#inMemory + octets <= this.#inline.all;
        if (fits) this.#inMemory += octets;
        return fits;
      },
      free: (octets) => {
        this.#inMemory -= octets;
      },
      openFile: () => this.#open(),
      folder: this.#folder,
      closed: () => this.#letters.delete(letter),
    });
    this.#letters.add(letter);
    return letter;
  }

  /** Lets go of all that wait. */
  async close(): Promise<void> {
    for (const letter of this.#letters) await letter.close();
  }

  async #open(): Promise<FileHandle> {
    const path = join(this.#folder, randomUUID());
    const file = await this.#create(path);
    await unlink(path);
    return file;
  }

  async #create(path: string): Promise<FileHandle> {
    try {
      return await open(path, 'wx+', 0o600);
    } catch (thrown) {
      if (!failedWith(thrown, 'ENOENT')) throw cannotWrite(this.#folder, thrown);
    }
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      return await open(path, 'wx+', 0o600);
    } catch (thrown) {
      throw cannotWrite(this.#folder, thrown);
    }
  }
}

interface Room {
  /** Whether so many octets more may be in memory: then they are counted. */
  reserve(octets: number, already: number): boolean;
  free(octets: number): void;
  openFile(): Promise<FileHandle>;
  readonly folder: string;
  closed(): void;
}

/** A letter that waits. What cannot be written rejects with a Failure, and nothing of the letter is left. */
export class SpooledLetter {
  readonly #room: Room;
  #pieces: Buffer[] = [];
  #inMemory = 0;
  #file: FileHandle | undefined;
  #octets = 0;
  /** Octets that are in the file. */
  #written = 0;
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
    return this.#orNothing(this.#toFile(octets));
  }

  /** Its octets from the beginning, as often as it is asked. Pieces are not used again: a socket may still hold them. */
  async *read(): AsyncGenerator<Buffer> {
    if (this.#closed) throw new Error('the letter does not wait any more');
    yield* this.#pieces;
    const file = this.#file;
    if (file === undefined) return;
    for (let at = 0; at < this.#written; ) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE, this.#written - at));
      const { bytesRead } = await file.read(piece, 0, piece.length, at);
      if (bytesRead === 0) throw new Error('a letter that waits became shorter');
      at += bytesRead;
      yield piece.subarray(0, bytesRead);
    }
  }

  /** A file that has all of it, read from the beginning by whoever is given the descriptor. Good until it is closed. */
  async descriptor(): Promise<number> {
    await this.#orNothing(this.#toFile(NOTHING));
    if (this.#file === undefined) throw new Error('it is in a file by now');
    return this.#file.fd;
  }

  /** Lets go of it. May be called more than once; never rejects. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#room.closed();
    this.#room.free(this.#inMemory);
    this.#pieces = [];
    await this.#file?.close().catch(() => undefined);
  }

  async #orNothing(written: Promise<void>): Promise<void> {
    try {
      await written;
    } catch (thrown) {
      await this.close();
      throw thrown;
    }
  }

  async #toFile(octets: Buffer): Promise<void> {
    if (this.#file === undefined) {
      this.#file = await this.#room.openFile();
      const held = this.#pieces;
      this.#pieces = [];
      this.#room.free(this.#inMemory);
      this.#inMemory = 0;
      for (const piece of held) await this.#append(this.#file, piece);
    }
    await this.#append(this.#file, octets);
  }

  /** Each write says where: the file's own position stays at its beginning, for {@link descriptor}. */
  async #append(file: FileHandle, octets: Buffer): Promise<void> {
    for (let at = 0; at < octets.length; ) {
      const { bytesWritten } = await file.write(octets, at, octets.length - at, this.#written).catch((thrown) => {
        throw cannotWrite(this.#room.folder, thrown);
      });
      at += bytesWritten;
      this.#written += bytesWritten;
    }
  }
}

const NOTHING = Buffer.alloc(0);
