import { hash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { Failure, reasonOf } from '../../failure.ts';
import { shown } from '../../import/file-octets.ts';
import { cannotWrite } from '../../import/new-file.ts';
import type { IncomingLetter, Stage, StagedLetter, UnsettledLetter } from './destination.ts';
import { letterDigest } from './letter-digest.ts';
import { type FileForm, pieces, StagedFile } from './staged-file.ts';
import { eachOf, removeUnseen, StagingFolder, syncFile } from './staging-folder.ts';
import type { AtStep } from './steps.ts';

/** What a letter is known by. */
type LetterName = Pick<IncomingLetter, 'mailbox' | 'key'>;

/** How a letter lies in its file. */
export interface Lying {
  /** Octets of the file. */
  readonly size: number;
  /** Octets as they came. */
  readonly octets: number;
  readonly form: FileForm;
}

/**
 * Where letters lie until they are where they belong: each in a file, in a folder on the same file system. A file's name
 * says of which maildrop it is, and only who has that maildrop's journal touches it.
 */
export class Staging {
  readonly folder: StagingFolder;
  readonly #at: AtStep;
  readonly #needed: () => ReadonlySet<string>;
  /** Maildrops whose leftovers are swept. */
  readonly #swept = new Set<string>();
  /** What is staged, and not prepared: no journal has it. */
  readonly #unprepared = new Set<IncomingLetter>();
  /** Still staged until the journal has that they were refused, which whoever calls next has seen to. */
  #refused: LetterName[] = [];

  /** `needed` are names that no sweep removes. */
  constructor(folder: string, at: AtStep, needed: () => ReadonlySet<string> = () => new Set()) {
    this.folder = new StagingFolder(folder);
    this.#at = at;
    this.#needed = needed;
  }

  /** Begins to take a letter; `placeOf` says where it will be. What is left here of its maildrop goes first. */
  stage(letter: IncomingLetter, placeOf: (lying: Lying) => string): Stage {
    this.clear();
    if (!this.#swept.has(letter.mailbox)) this.sweep(letter.mailbox);
    const file = new StagedFile(this.pathOf(letter), (path) => this.folder.create(path), this.#at);
    this.#unprepared.add(letter);
    const abandon = (): void => {
      file.abandon();
      this.#unprepared.delete(letter);
    };
    return {
      write: (octets) => file.write(octets),
      end: () => {
        try {
          file.end();
        } catch (thrown) {
          abandon();
          throw thrown;
        }
        return { type: 'staged', letter, place: placeOf(file), octets: file.octets };
      },
      abandon,
    };
  }

  /** Makes letters survive a power cut. */
  async prepare(letters: readonly StagedLetter[]): Promise<void> {
    this.clear();
    if (letters.length === 0) return;
    try {
      await eachOf(letters, ({ letter }) => {
        this.#at('prepare.before-sync');
        return syncFile(this.pathOf(letter));
      });
      await syncFile(this.folder.path);
      this.#at('prepare.synced');
    } catch (thrown) {
      throw cannotWrite(this.folder.path, thrown);
    }
    for (const { letter } of letters) this.#unprepared.delete(letter);
  }

  /** Where a letter lies while it is staged. */
  pathOf(letter: LetterName): string {
    return `${this.folder.path}/${this.nameOf(letter)}`;
  }

  nameOf(letter: LetterName): string {
    return `${maildropHash(letter.mailbox)}.${letterHash(letter)}`;
  }

  has(letter: LetterName): boolean {
    return lstatSync(this.pathOf(letter), { throwIfNoEntry: false }) !== undefined;
  }

  /**
   * How a letter lies here that the journal has as staged; undefined where it does not, `damaged` where it is not whole.
   * Throws a Failure when nobody can tell now.
   */
  async whole({ letter, octets, sha256 }: UnsettledLetter): Promise<Lying | 'damaged' | undefined> {
    const path = this.pathOf(letter);
    try {
      const size = lstatSync(path, { throwIfNoEntry: false })?.size;
      if (size === undefined) return undefined;
      const form = size === octets ? 'as-it-came' : 'line-feeds';
      const digest = await letterDigest(pieces(path), form);
      return digest.octets === octets && digest.sha256 === sha256 ? { size, octets, form } : 'damaged';
    } catch (thrown) {
      throw new Failure(`${shown(path)} cannot be read: ${reasonOf(thrown)}`);
    }
  }

  /** It was refused: it goes with the next call, when the journal has that. Until then `settle` might be asked of it. */
  refuse(letter: LetterName): void {
    this.#refused.push(letter);
  }

  /** Removes what is staged of letters that were refused. */
  clear(): void {
    for (const letter of this.#refused) this.discard(letter);
    this.#refused = [];
  }

  discard(letter: LetterName): void {
    removeUnseen(this.pathOf(letter));
  }

  /** Removes all that is staged of a maildrop. */
  sweep(mailbox: string): void {
    this.#swept.add(mailbox);
    const prefix = `${maildropHash(mailbox)}.`;
    const names = this.folder.names().filter((name) => name.startsWith(prefix));
    const needed = names.length === 0 ? new Set() : this.#needed();
    for (const name of names) {
      if (!needed.has(name)) removeUnseen(`${this.folder.path}/${name}`);
    }
  }

  /** Removes what no journal has. */
  close(): void {
    this.clear();
    for (const letter of this.#unprepared) this.discard(letter);
    this.folder.close();
  }
}

/** 128 bits that stand for a letter, whatever octets its unique-id has. */
export function letterHash({ mailbox, key }: LetterName): string {
  return hash('sha256', `${mailbox}\0${key}`, 'hex').slice(0, 32);
}

function maildropHash(mailbox: string): string {
  if (mailbox !== latest.mailbox) latest = { mailbox, hash: hash('sha256', mailbox, 'hex').slice(0, 16) };
  return latest.hash;
}

/** Nearly always the same is asked for again. */
let latest = { mailbox: '', hash: hash('sha256', '', 'hex').slice(0, 16) };
