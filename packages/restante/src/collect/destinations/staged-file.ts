import { closeSync, renameSync, rmSync } from 'node:fs';
import { Canonicalizer } from '@restante/pop/wire';
import { OpenFile } from '../../import/file-octets.ts';
import { LineFeeds } from '../../import/line-feeds.ts';
import { cannotWrite, writeAll } from '../../import/new-file.ts';
import type { AtStep } from './steps.ts';

/** Up to so many octets wait in memory: a letter that is no larger is one write. */
const GATHERED = 512 * 1024;
/** What letters are gathered in is used again: new memory costs more than all that is done in it. */
const spare: Buffer[] = [];
const MOST_SPARE = 16;

/**
 * How a letter lies in a file: with LF line ends, as programs expect it; or as it came, where a bare LF in it would
 * make it impossible to tell what the server had sent. So a file that is as long as the letter was has it as it came.
 */
export type FileForm = 'line-feeds' | 'as-it-came';

/** One letter that is being written to a file. */
export class StagedFile {
  /** Octets that came. */
  octets = 0;
  /** Octets in the file. */
  size = 0;
  form: FileForm = 'line-feeds';
  readonly #path: string;
  readonly #create: (path: string) => number;
  readonly #at: AtStep;
  readonly #lineFeeds = new LineFeeds();
  /** Changes what has a bare LF, and hands back all else as it is. */
  readonly #bareLineFeeds = new Canonicalizer();
  #buffer: Buffer | undefined;
  /** Octets in it that are not written yet. */
  #gathered = 0;
  #descriptor: number | undefined;
  readonly #made: string[] = [];

  /** `create` makes the file, as late as there is something to write. */
  constructor(path: string, create: (path: string) => number, at: AtStep) {
    this.#path = path;
    this.#create = create;
    this.#at = at;
  }

  /** Throws a Failure when the file cannot be written. */
  write(octets: Buffer): void {
    this.octets += octets.length;
    if (this.form === 'line-feeds' && this.#bareLineFeeds.push(octets) !== octets) this.#restore();
    this.#put(octets, this.form);
  }

  end(): void {
    if (this.form === 'line-feeds') this.#put(this.#lineFeeds.end(), 'as-it-came');
    this.#flush();
    this.#close();
    this.#at('stage.written');
  }

  /** Nothing is left of it, also when it is whole. Never throws. */
  abandon(): void {
    try {
      this.#close();
      for (const path of this.#made) rmSync(path, { force: true });
    } catch {
      // A later run sweeps what cannot be removed now.
    }
  }

  /** Octets of the letter become octets of the file, in the form that is wanted. */
  #put(octets: Buffer, form: FileForm): void {
    // A CR that was held back is one octet more.
    this.#buffer ??= spare.pop() ?? Buffer.allocUnsafeSlow(GATHERED + 1);
    for (let from = 0; from < octets.length; ) {
      if (this.#gathered >= GATHERED) this.#flush();
      const began = this.#gathered;
      const part = octets.subarray(from, from + GATHERED - began);
      this.#gathered =
        form === 'line-feeds'
          ? this.#lineFeeds.writeTo(this.#buffer, began, part)
          : began + part.copy(this.#buffer, began);
      this.size += this.#gathered - began;
      from += part.length;
    }
  }

  #flush(): void {
    const octets = this.#buffer?.subarray(0, this.#gathered);
    this.#gathered = 0;
    if (this.#descriptor === undefined) this.#open(this.#path);
    try {
      this.#at('stage.before-write');
      if (octets !== undefined) writeAll(this.#descriptor as unknown as number, octets);
    } catch (thrown) {
      throw cannotWrite(this.#path, thrown);
    }
  }

  #open(path: string): void {
    this.#descriptor = this.#create(path);
    this.#made.push(path);
  }

  /** Lets go of the file and of what was not written. */
  #close(): void {
    if (this.#buffer !== undefined && spare.length < MOST_SPARE) spare.push(this.#buffer);
    this.#buffer = undefined;
    this.#gathered = 0;
    this.#closeFile();
  }

  #closeFile(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  /** The first bare LF: what is in the file so far becomes what had come. */
  #restore(): void {
    const gathered = Buffer.from(this.#buffer?.subarray(0, this.#gathered) ?? []);
    const draft = this.#descriptor === undefined ? undefined : `${this.#path}.draft`;
    this.form = 'as-it-came';
    this.size = 0;
    this.#gathered = 0;
    if (draft === undefined) {
      for (const piece of restored([gathered], 'line-feeds')) this.#put(piece, this.form);
    } else {
      this.#closeFile();
      this.#open(draft);
      for (const piece of restored(both(pieces(this.#path), [gathered]), 'line-feeds')) this.#put(piece, this.form);
      renameSync(draft, this.#path);
    }
    this.#put(this.#lineFeeds.end(), this.form);
  }
}

function* both(first: Iterable<Buffer>, second: Iterable<Buffer>): Generator<Buffer> {
  yield* first;
  yield* second;
}

/** What the server had sent, from what lies in a file. */
export function* restored(pieces: Iterable<Buffer>, form: FileForm): Generator<Buffer> {
  if (form === 'as-it-came') return yield* pieces;
  const lineEnds = new Canonicalizer();
  for (const piece of pieces) {
    const { buffer, byteOffset, byteLength } = lineEnds.push(piece);
    yield Buffer.from(buffer, byteOffset, byteLength);
  }
}

/** What is in a file that is a letter. Throws an Unreadable. */
export function* pieces(path: string | Buffer): Generator<Buffer> {
  const file = OpenFile.open(path, false);
  try {
    yield* file.pieces();
  } finally {
    file.close();
  }
}
