import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Failure, reasonOf } from '../../failure.ts';
import { shown } from '../../import/file-octets.ts';
import { MboxSource } from '../../import/mbox.ts';
import { cannotWrite } from '../../import/new-file.ts';
import type {
  Destination,
  IncomingLetter,
  Placing,
  Settled,
  Stage,
  StagedLetter,
  UnsettledLetter,
} from './destination.ts';
import { DotLock, type DotLockOptions } from './dot-lock.ts';
import { type AppendNote, AppendNotes, type NotedEntry } from './mbox-append.ts';
import { MboxFile } from './mbox-file.ts';
import { outcomeOf, type Shown } from './mbox-outcome.ts';
import { searchMbox } from './mbox-search.ts';
import { Staging } from './staging.ts';
import { removeAllUnseen } from './staging-folder.ts';
import { type AtStep, nothing } from './steps.ts';

export interface MboxOptions extends DotLockOptions {
  /** For tests. */
  readonly at?: AtStep;
}

/** What stands behind the file's name in that of the folder in which letters wait. */
const STAGING = '.restante-staging';
/** Letters are written at once up to so many octets. */
const GATHERED = 1024 * 1024;

/** What was appended and must not stay, and where the file ended with it. */
interface Unwanted {
  readonly note: AppendNote;
  readonly size: number;
}

/**
 * An mbox file, as mboxrd has it. Letters are appended to it under a {@link DotLock}. Before that it is noted what
 * is to be appended, and to what: so that afterwards the file itself tells what came of it, and what is there of a letter
 * that is not whole can be taken away again. That holds while only programs that heed the lock write to it.
 *
 * Throws a {@link Failure} when it is no mbox file, or its folder cannot be written to. A symbolic link is followed
 * once, here, as mutt does: the lock lies beside the file itself.
 */
export async function openMbox(path: string, { at = nothing, ...lock }: MboxOptions = {}): Promise<Destination> {
  const named = resolve(path);
  const file = realPath(named);
  // What a power cut has left of an append of ours may stand at its beginning.
  if (!existsSync(`${file}${STAGING}`)) refuseOthers(file);
  return new Mbox(named, file, at, lock);
}

class Mbox implements Destination {
  readonly name: string;
  readonly promise = 'exactly-once';
  readonly #path: string;
  readonly #at: AtStep;
  readonly #lock: DotLockOptions;
  readonly #staging: Staging;
  readonly #notes: AppendNotes;
  readonly #placed = new WeakMap<StagedLetter, Placing>();
  /** One thing after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Whether what is left of others' attempts to take the lock is gone. */
  #swept = false;
  /** Refused, since it did not become durable, and could not be taken away so far. */
  #unwanted: Unwanted | undefined;

  constructor(named: string, path: string, at: AtStep, lock: DotLockOptions) {
    this.name = `mbox:${named}`;
    this.#path = path;
    this.#at = at;
    this.#lock = lock;
    this.#staging = new Staging(`${path}${STAGING}`, at, () => this.#noted());
    this.#notes = new AppendNotes(this.#staging.folder);
  }

  stage(letter: IncomingLetter): Stage {
    return this.#staging.stage(letter, () => 'at its end');
  }

  prepare(letters: readonly StagedLetter[]): Promise<void> {
    return this.#staging.prepare(letters);
  }

  async place(letters: readonly StagedLetter[]): Promise<readonly Placing[]> {
    this.#staging.clear();
    const waiting = letters.filter((letter) => !this.#placed.has(letter));
    const placings = waiting.length === 0 ? [] : await this.#placeAll(waiting);
    for (const [index, staged] of waiting.entries()) {
      const placing = placings[index] as Placing;
      if (placing.type === 'placed') this.#placed.set(staged, placing);
      else this.#staging.refuse(staged.letter);
    }
    return letters.map((staged) => this.#placed.get(staged) ?? (placings[waiting.indexOf(staged)] as Placing));
  }

  async settle(letters: readonly UnsettledLetter[]): Promise<readonly Settled[]> {
    if (letters.length === 0) return [];
    try {
      return await this.#locked((file, complete) => this.#settleAll(file, complete, letters));
    } catch (thrown) {
      throw thrown instanceof Failure ? thrown : cannotWrite(this.#path, thrown);
    }
  }

  async close(): Promise<void> {
    await this.#turn;
    try {
      // What is noted and over; what is not over is kept for whoever comes next.
      const note = this.#notes.read();
      if (note !== undefined && !note.entries.some((entry) => existsSync(this.#notes.pathOf(entry)))) {
        await this.#notes.clear();
      }
    } catch {
      // The same.
    }
    this.#staging.close();
  }

  async #placeAll(letters: readonly StagedLetter[]): Promise<readonly Placing[]> {
    try {
      return await this.#locked((file) => this.#append(file, letters));
    } catch (thrown) {
      const { message } = thrown instanceof Failure ? thrown : cannotWrite(this.#path, thrown);
      return letters.map(() => ({ type: 'refused', why: message, blame: 'destination' }));
    }
  }

  /** Works on the file when nobody else does, and what was left half done is put in order. */
  async #locked<T>(work: (file: MboxFile, complete: ReadonlySet<string>) => Promise<T>): Promise<T> {
    const before = this.#turn;
    const turn = Promise.withResolvers<void>();
    this.#turn = turn.promise;
    await before;
    try {
      const lock = await DotLock.take(this.#path, this.#lock);
      try {
        this.#at('place.locked');
        if (!this.#swept) lock.sweep();
        this.#swept = true;
        const file = MboxFile.open(this.#path);
        try {
          return await work(file, await this.#recover(file));
        } finally {
          file.close();
        }
      } finally {
        lock.release();
      }
    } finally {
      turn.resolve();
    }
  }

  /**
   * Puts in order what an append left that is not known to be over: of ours, or of a process that died. Answers the names of
   * those that turned out to be whole.
   */
  async #recover(file: MboxFile): Promise<ReadonlySet<string>> {
    if (this.#unwanted !== undefined) await this.#undo(file, this.#unwanted);
    const note = this.#notes.read();
    if (note === undefined) return new Set();
    const left = note.entries.filter((entry) => existsSync(this.#notes.pathOf(entry)));
    const complete = left.length === 0 ? new Set<string>() : await this.#repair(file, note);
    await this.#notes.clear();
    return complete;
  }

  async #repair(file: MboxFile, note: AppendNote): Promise<ReadonlySet<string>> {
    const { outcomes, end } = this.#outcomeOf(file, note);
    if (end !== undefined && end < file.size) file.truncate(end);
    await file.sync();
    // What is not known was there, or may have been: it is not put there again.
    const over = note.entries.filter((_, index) => outcomes[index] !== 'incomplete');
    await removeAllUnseen(over.map((entry) => this.#notes.pathOf(entry)));
    return new Set(note.entries.filter((_, index) => outcomes[index] === 'complete').map(({ name }) => name));
  }

  #outcomeOf(file: MboxFile, note: AppendNote): Shown {
    return outcomeOf(file, note, (entry) =>
      existsSync(this.#notes.pathOf(entry)) ? this.#notes.octetsOf(entry) : undefined,
    );
  }

  /** Names in staging that recovering has need of. */
  #noted(): ReadonlySet<string> {
    return new Set(this.#notes.read()?.entries.map(({ name }) => name));
  }

  async #append(file: MboxFile, letters: readonly { readonly letter: IncomingLetter }[]): Promise<readonly Placing[]> {
    const entries: NotedEntry[] = [];
    for (const { letter } of letters) {
      entries.push(this.#notes.measure({ name: this.#staging.nameOf(letter), listed: letter.listed }));
      await setImmediate();
    }
    const before = file.size;
    const lineEnds = file.missingLineEnds();
    const note = { inode: file.inode, before, tail: file.tail(before), lineEnds, entries };
    this.#at('place.before-note');
    await this.#notes.write(note);
    this.#at('place.noted');
    try {
      await this.#write(file, note);
    } catch (thrown) {
      await this.#takeBack(file, note);
      throw thrown;
    }
    const placings = this.#placings(file, note);
    const over = entries.filter((_, index) => placings[index]?.type === 'placed');
    await removeAllUnseen(over.map((entry) => this.#notes.pathOf(entry)));
    this.#at('place.cleared');
    return placings;
  }

  async #write(file: MboxFile, { lineEnds, entries }: AppendNote): Promise<void> {
    file.append(Buffer.from(lineEnds));
    for (const entry of entries) {
      this.#at('place.before-letter');
      for (const octets of gathered(this.#notes.octetsOf(entry))) file.append(octets);
      this.#at('place.letter');
      await setImmediate();
    }
    this.#at('place.before-sync');
    await file.sync();
    this.#at('place.synced');
  }

  #placings(file: MboxFile, { before, lineEnds, entries }: AppendNote): readonly Placing[] {
    const end = entries.reduce((sum, { length }) => sum + length, before + lineEnds.length);
    // Another program, which heeds no lock, may have written to it meanwhile: the file tells what is whole.
    const more = file.size - end;
    let at = before + lineEnds.length;
    return entries.map(({ length, sha256 }): Placing => {
      const places = more === 0 ? [] : [at, at + more];
      const place = more === 0 ? at : places.find((start) => file.digest(start, start + length) === sha256);
      at += length;
      if (place !== undefined) return { type: 'placed', place: `octet ${place}` };
      const why = `${shown(this.#path)} was written to by another program that heeds no dot-lock: see to its locks`;
      return { type: 'refused', why, blame: 'destination' };
    });
  }

  /** Nothing of what could not be written whole may stay. */
  async #takeBack(file: MboxFile, note: AppendNote): Promise<void> {
    try {
      if (!this.#outcomeOf(file, note).ours) return;
      this.#unwanted = { note, size: file.size };
      await this.#undo(file, this.#unwanted);
    } catch {
      // It is tried again before anything else is done to the file.
    }
  }

  async #undo(file: MboxFile, { note, size }: Unwanted): Promise<void> {
    if (file.inode === note.inode && file.size === size && file.tail(note.before) === note.tail) {
      file.truncate(note.before);
      await file.sync();
    }
    this.#unwanted = undefined;
    await this.#notes.clear();
  }

  async #settleAll(
    file: MboxFile,
    complete: ReadonlySet<string>,
    letters: readonly UnsettledLetter[],
  ): Promise<readonly Settled[]> {
    const settled = new Map<UnsettledLetter, Settled>();
    const staged: UnsettledLetter[] = [];
    const absent: UnsettledLetter[] = [];
    for (const letter of letters) {
      const lying = await this.#staging.whole(letter);
      if (complete.has(this.#staging.nameOf(letter.letter)))
        settled.set(letter, { type: 'there', place: 'at its end' });
      else if (lying === 'damaged') settled.set(letter, { type: 'not-there' });
      else (lying === undefined ? absent : staged).push(letter);
    }
    if (absent.length > 0) {
      for (const [letter, place] of await searchMbox(this.#path, absent)) settled.set(letter, { type: 'there', place });
    }
    const placings = staged.length === 0 ? [] : await this.#append(file, staged);
    for (const [index, placing] of placings.entries()) {
      if (placing.type === 'refused') throw new Failure(placing.why);
      settled.set(staged[index] as UnsettledLetter, { type: 'there', place: placing.place });
    }
    for (const mailbox of new Set(letters.map(({ letter }) => letter.mailbox))) this.#staging.sweep(mailbox);
    const why = `it was appended to ${shown(this.#path)}, or was about to be, and is not there: another program has taken it`;
    return letters.map((letter) => settled.get(letter) ?? { type: 'not-known', why });
  }
}

/** In pieces that are not small. */
function* gathered(octets: Iterable<Buffer>): Generator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for (const piece of octets) {
    parts.push(piece);
    length += piece.length;
    if (length < GATHERED) continue;
    yield Buffer.concat(parts);
    parts = [];
    length = 0;
  }
  yield Buffer.concat(parts);
}

/** Where it is, or would be made. Throws a Failure where there is no folder for it, or one that cannot be written to. */
function realPath(path: string): string {
  try {
    const file = existsSync(path) ? realpathSync(path) : path;
    // For its lock too, and for what waits to be appended.
    accessSync(dirname(file), constants.W_OK | constants.X_OK);
    return file;
  } catch (thrown) {
    const why = `${shown(dirname(path))} cannot be written to: ${reasonOf(thrown)}`;
    throw new Failure(`${why}; an mbox file needs a folder in which its lock can be made`);
  }
}

function refuseOthers(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isFile())
    throw new Failure(`${shown(path)} is no regular file: name an mbox file, or one that is not there yet`);
  const source = MboxSource.open(path, { quoting: 'mboxrd' });
  try {
    // It throws when the file does not begin as such.
    source.letters().next();
  } finally {
    source.close();
  }
}
