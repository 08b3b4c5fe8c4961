import { lstatSync, readdirSync } from 'node:fs';
import { Failure, reasonOf } from '../failure.ts';
import { failedWith, OpenFile, shown } from './file-octets.ts';
import { baseName, compareNames } from './maildir-name.ts';
import { type LeftOut, type OpenLetter, type Source, type SourceLetter, Unreadable } from './source.ts';

const FOLDERS = ['new', 'cur'] as const;

/** A letter's file. Names are text with one latin1 character an octet. */
interface Found {
  readonly folder: (typeof FOLDERS)[number];
  readonly name: string;
}

export interface MaildirOptions {
  /** A place in the order, by a name without flags; letters that have none stand behind. Default: no order but the names'. */
  readonly order?: (base: string) => number | undefined;
}

/**
 * A Maildir: its `new` and its `cur`, where the letters of the maildrop are. `tmp` holds what was never delivered, folders
 * such as `.Sent` hold what POP3 never showed: they stay where they are. Letters come in the order in which another server
 * listed them, as far as it has left a list, else by the times in their names.
 */
export class MaildirSource implements Source {
  readonly leftOut: readonly LeftOut[];
  readonly extent: Source['extent'];
  done = 0;
  readonly #path: string;
  readonly #found: readonly Found[];
  /** Where letters are that were not found where they had been, by their names without flags. */
  #now: ReadonlyMap<string, Found> | undefined;

  private constructor(path: string, found: readonly Found[], leftOut: readonly LeftOut[]) {
    this.#path = path;
    this.#found = found;
    this.leftOut = leftOut;
    this.extent = { unit: 'letter', sum: found.length };
  }

  /** Lists it. Throws a {@link Failure} when it is none or cannot be read. */
  static open(path: string, { order = () => undefined }: MaildirOptions = {}): MaildirSource {
    const placed = [...listed(path)].map(([base, found]) => ({
      found,
      place: order(base) ?? Number.POSITIVE_INFINITY,
    }));
    placed.sort((a, b) => (a.place === b.place ? compareNames(a.found.name, b.found.name) : a.place - b.place));
    return new MaildirSource(
      path,
      placed.map(({ found }) => found),
      folders(path),
    );
  }

  *letters(): Generator<SourceLetter, void, void> {
    for (const [index, found] of this.#found.entries()) {
      const place = shown(pathOf(this.#path, found));
      yield { place, number: index + 1, fileName: baseName(found.name), open: () => this.#open(found) };
      this.done = index + 1;
    }
  }

  close(): void {}

  #open(found: Found): OpenLetter {
    const file = this.#openFile(found);
    const { mtimeMs, size } = file.stats;
    return {
      size,
      pieces: () => file.pieces(),
      arrived: () => Math.round(mtimeMs),
      close: () => file.close(),
    };
  }

  #openFile(found: Found): OpenFile {
    try {
      return OpenFile.open(pathOf(this.#path, found), false);
    } catch (thrown) {
      // A reader that sets flags renames the file.
      const now = thrown instanceof Unreadable && this.#renamed(found);
      if (!now) throw thrown;
      return OpenFile.open(pathOf(this.#path, now), false);
    }
  }

  #renamed({ folder, name }: Found): Found | undefined {
    if (existsNow(pathOf(this.#path, { folder, name }))) return undefined;
    const base = baseName(name);
    const known = this.#now?.get(base);
    // A name is never used twice: what was gone then is gone. So thousands that were deleted cost one listing.
    if (this.#now !== undefined && known === undefined) return undefined;
    if (known !== undefined && existsNow(pathOf(this.#path, known))) return known;
    this.#now = listed(this.#path);
    return this.#now.get(base);
  }
}

/** All letters, by their names without flags. */
function listed(path: string): ReadonlyMap<string, Found> {
  const letters = new Map<string, Found>();
  // In this order: a letter that is moved from `new` to `cur` meanwhile is met twice, and never missed.
  for (const folder of FOLDERS) for (const name of list(path, folder)) letters.set(baseName(name), { folder, name });
  return letters;
}

function existsNow(path: Buffer): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function pathOf(path: string, { folder, name }: Found): Buffer {
  return Buffer.concat([Buffer.from(`${path}/${folder}/`), Buffer.from(name, 'latin1')]);
}

/** The names of the letters in one of its folders. */
function list(path: string, folder: (typeof FOLDERS)[number]): readonly string[] {
  const full = `${path}/${folder}`;
  try {
    if (!lstatSync(full).isDirectory()) {
      throw new Failure(`${shown(full)} is no folder: a link may lead anywhere, so name the Maildir that is meant`);
    }
    return readdirSync(full, { encoding: 'latin1' }).filter((name) => !name.startsWith('.'));
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown;
    if (failedWith(thrown, 'ENOENT', 'ENOTDIR')) {
      throw new Failure(`${shown(path)} is no Maildir: it has no folder "${folder}"`);
    }
    throw new Failure(`${shown(full)} cannot be read: ${reasonOf(thrown)}`);
  }
}

/** Maildir++: `.Sent` and the like. */
function folders(path: string): readonly LeftOut[] {
  return readdirSync(path, { withFileTypes: true, encoding: 'buffer' })
    .filter((entry) => entry.isDirectory() && entry.name[0] === 0x2e)
    .map(({ name }) => ({
      place: shown(Buffer.concat([Buffer.from(`${path}/`), name])),
      why: 'a folder beside the INBOX: POP3 has one maildrop',
    }));
}
