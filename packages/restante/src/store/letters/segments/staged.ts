import { randomBytes } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Faults } from '../../faults.ts';
import { type DataFolder, isMissing } from './folder.ts';

/** Octets of small pieces that are gathered before they are written; larger ones are written as they come. */
const CHUNK = 32 * 1024;

/**
 * A large letter's file while it comes in. What is written waits for the disk, so that its sender does too. The header
 * goes in last, when it is known.
 */
export class StagedFile {
  readonly name = randomBytes(12).toString('hex');
  readonly #path: string;
  readonly #faults: Faults;
  #opened: Promise<FileHandle> | undefined;
  #discarded = false;
  readonly #chunk = Buffer.allocUnsafeSlow(CHUNK);
  #gathered = 0;
  #position: number;

  /** The first `header` octets are left for the header. */
  constructor(data: DataFolder, header: number, faults: Faults) {
    this.#path = join(data.incoming, this.name);
    this.#position = header;
    this.#faults = faults;
  }

  /** Gathers the octets; a promise when some were written. */
  write(octets: Uint8Array): Promise<void> | undefined {
    if (octets.length <= CHUNK - this.#gathered) {
      this.#chunk.set(octets, this.#gathered);
      this.#gathered += octets.length;
      return undefined;
    }
    return this.#writeOut(octets);
  }

  /** Writes the rest and the header and makes all of it durable. */
  async finish(header: Uint8Array): Promise<void> {
    const file = await this.#file();
    await this.#flush(file);
    await writeWhole(file, header, 0);
    this.#faults.at('large.written');
    await file.datasync();
    this.#faults.at('large.synced');
    await file.close();
  }

  /** Removes it, whatever state it is in; a write that is under way fails. */
  async discard(): Promise<void> {
    this.#discarded = true;
    if (!this.#opened) return;
    const file = await this.#opened.catch(() => undefined);
    await file?.close().catch(() => undefined);
    await unlink(this.#path).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
  }

  async #writeOut(octets: Uint8Array): Promise<void> {
    const file = await this.#file();
    await this.#flush(file);
    if (octets.length <= CHUNK) {
      this.#chunk.set(octets);
      this.#gathered = octets.length;
      return;
    }
    await writeWhole(file, octets, this.#position);
    this.#position += octets.length;
  }

  async #flush(file: FileHandle): Promise<void> {
    await writeWhole(file, this.#chunk.subarray(0, this.#gathered), this.#position);
    this.#position += this.#gathered;
    this.#gathered = 0;
  }

  async #file(): Promise<FileHandle> {
    if (this.#discarded) throw new Error('the letter was dropped');
    this.#faults.at('large.before-write');
    this.#opened ??= open(this.#path, 'wx', 0o600);
    return await this.#opened;
  }
}

async function writeWhole(file: FileHandle, octets: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < octets.length) {
    const { bytesWritten } = await file.write(octets, done, octets.length - done, position + done);
    done += bytesWritten;
  }
}
