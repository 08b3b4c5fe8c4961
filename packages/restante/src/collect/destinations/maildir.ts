import { lstatSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { Failure, reasonOf } from '../../failure.ts';
import { failedWith, shown } from '../../import/file-octets.ts';
import { cannotWrite, syncPath } from '../../import/new-file.ts';
import type {
  Destination,
  FoundLetter,
  IncomingLetter,
  Placing,
  Settled,
  Stage,
  StagedLetter,
  UnsettledLetter,
} from './destination.ts';
import { type LetterDigest, letterDigest, sameOctets } from './letter-digest.ts';
import { type FileForm, pieces } from './staged-file.ts';
import { type Lying, letterHash, Staging } from './staging.ts';
import { syncFile } from './staging-folder.ts';
import { type AtStep, nothing } from './steps.ts';

/** Not `.restante-staging`: in a Maildir++, and for Dovecot, what begins with a dot is a mailbox. */
const STAGING = 'restante-staging';
const FOLDERS = ['tmp', 'new', 'cur'] as const;
/** Where letters are. In this order: one that is moved from `new` to `cur` meanwhile is met twice, and never missed. */
const LETTERS = ['new', 'cur'] as const;

/** The hash in a name that we gave, whatever flags it has by now. */
const OUR_NAME = /^\d+\.M\d{6}R(?<hash>[0-9a-f]{32})\.[^:]*?,S=\d+(?<wire>,W=\d+)?/;

/**
 * A Maildir. A letter is put into `new` by a rename from {@link Staging}, which is what makes it exactly once: it is in
 * one of the two, or another program has taken it. Its name is
 * `<seconds>.M<microseconds>R<hash>.<host>,S=<octets of the file>[,W=<octets that came>]`: when it was first listed, and
 * the hash of maildrop and key. `W`, which for Dovecot and Courier is its octets with CRLF, says that it has LF line ends.
 *
 * Makes the Maildir in an empty folder, or where there is none. Throws a {@link Failure} when there is something else, or
 * when nothing can be written there. The path itself may be a symbolic link; what is in it may not.
 */
export async function openMaildir(path: string, { at = nothing }: { readonly at?: AtStep } = {}): Promise<Destination> {
  const root = resolve(path);
  makeMaildir(root);
  return new Maildir(root, at);
}

/** A letter's file, by its path from the Maildir on. */
interface Found {
  readonly place: string;
  readonly form: FileForm;
}

class Maildir implements Destination {
  readonly name: string;
  readonly promise = 'exactly-once';
  readonly #root: string;
  readonly #at: AtStep;
  readonly #staging: Staging;
  readonly #host = hostPart(hostname());
  readonly #placed = new WeakMap<StagedLetter, Placing>();

  constructor(root: string, at: AtStep) {
    this.name = `maildir:${root}`;
    this.#root = root;
    this.#at = at;
    this.#staging = new Staging(`${root}/${STAGING}`, at);
  }

  stage(letter: IncomingLetter): Stage {
    return this.#staging.stage(letter, (lying) => `new/${this.#nameOf(letter, lying)}`);
  }

  prepare(letters: readonly StagedLetter[]): Promise<void> {
    return this.#staging.prepare(letters);
  }

  async place(letters: readonly StagedLetter[]): Promise<readonly Placing[]> {
    this.#staging.clear();
    if (letters.length === 0) return [];
    const answers = letters.map((staged) => this.#placed.get(staged) ?? this.#publish(staged));
    const failure = await this.#synced('new');
    return letters.map((staged, index) => {
      const answer = this.#placed.get(staged) ?? this.#answer(staged, answers[index] as Placing, failure);
      if (answer.type === 'placed') this.#placed.set(staged, answer);
      else this.#staging.refuse(staged.letter);
      return answer;
    });
  }

  async settle(letters: readonly UnsettledLetter[]): Promise<readonly Settled[]> {
    const answers: Settled[] = [];
    let found: ReadonlyMap<string, Found> | undefined;
    for (const unsettled of letters) {
      const settled = await this.#settleStaged(unsettled);
      found ??= settled === undefined ? this.#found() : undefined;
      answers.push(settled ?? (await this.#settleFound(unsettled, found?.get(letterHash(unsettled.letter)))));
    }
    for (const folder of LETTERS) {
      const failure = letters.length === 0 ? undefined : await this.#synced(folder);
      if (failure !== undefined) throw new Failure(failure);
    }
    for (const mailbox of new Set(letters.map(({ letter }) => letter.mailbox))) this.#staging.sweep(mailbox);
    return answers;
  }

  async find(letters: readonly IncomingLetter[]): Promise<ReadonlyMap<string, FoundLetter>> {
    const found = letters.length === 0 ? new Map<string, Found>() : this.#found();
    const answers = new Map<string, FoundLetter>();
    for (const letter of letters) {
      const file = found.get(letterHash(letter));
      if (file === undefined) continue;
      const digest = await this.#digest(file);
      answers.set(letter.key, { place: file.place, octets: digest?.octets, sha256: digest?.sha256 });
    }
    return answers;
  }

  async close(): Promise<void> {
    this.#staging.close();
  }

  /** Seconds and microseconds as every Maildir program sorts them. */
  #nameOf(letter: IncomingLetter, { size, octets, form }: Lying): string {
    const seconds = Math.floor(letter.listed / 1000);
    const micros = String(Math.floor((letter.listed - seconds * 1000) * 1000)).padStart(6, '0');
    const wire = form === 'line-feeds' ? `,W=${octets}` : '';
    return `${seconds}.M${micros}R${letterHash(letter)}.${this.#host},S=${size}${wire}`;
  }

  #publish({ letter, place }: StagedLetter): Placing {
    const [from, to] = [this.#staging.pathOf(letter), `${this.#root}/${place}`];
    try {
      this.#at('place.before-letter');
      // Nothing is ever written over, though only the same letter can have this name.
      if (lstatSync(to, { throwIfNoEntry: false }) !== undefined) return this.#placeTaken(letter, place);
      renameSync(from, to);
      this.#at('place.letter');
      return { type: 'placed', place };
    } catch (thrown) {
      if (!failedWith(thrown, 'ENOENT')) return refused(cannotWrite(to, thrown).message);
      return this.#placeGone(letter, to, thrown);
    }
  }

  /** There is a file of that name: put there by an attempt of which we know nothing. */
  #placeTaken(letter: IncomingLetter, place: string): Placing {
    const [from, to] = [this.#staging.pathOf(letter), `${this.#root}/${place}`];
    if (this.#staging.has(letter) && !sameOctets(pieces(from), pieces(to))) {
      const why = `${shown(to)} is there already, and is another letter: move it elsewhere, and collect again`;
      return { type: 'refused', why, blame: 'letter' };
    }
    this.#staging.discard(letter);
    return { type: 'placed', place };
  }

  /** It is no longer staged: put there before, or swept away by somebody. Or the Maildir itself is gone. */
  #placeGone(letter: IncomingLetter, to: string, thrown: unknown): Placing {
    try {
      const place = this.#found().get(letterHash(letter))?.place;
      if (place !== undefined) return { type: 'placed', place };
    } catch {
      // What was thrown first says it.
    }
    return refused(cannotWrite(to, thrown).message);
  }

  /** What came of a letter, once the folder was synced, or was not. */
  #answer({ letter }: StagedLetter, answer: Placing, failure: string | undefined): Placing {
    if (failure === undefined || answer.type !== 'placed') return answer;
    try {
      renameSync(`${this.#root}/${answer.place}`, this.#staging.pathOf(letter));
    } catch {
      // Taken by a reader, or the disk does nothing more: better twice than lost.
    }
    return refused(failure);
  }

  /** A letter that is staged still was never published. */
  async #settleStaged(unsettled: UnsettledLetter): Promise<Settled | undefined> {
    const { letter, octets } = unsettled;
    const lying = await this.#staging.whole(unsettled);
    if (lying === undefined) return undefined;
    if (lying === 'damaged') return { type: 'not-there' };
    const placing = this.#publish({ type: 'staged', letter, place: `new/${this.#nameOf(letter, lying)}`, octets });
    if (placing.type === 'placed') return { type: 'there', place: placing.place };
    throw new Failure(placing.why);
  }

  async #settleFound(unsettled: UnsettledLetter, found: Found | undefined): Promise<Settled> {
    const { letter, octets, sha256 } = unsettled;
    if (found === undefined) {
      const why = `it was put into ${shown(this.#root)}, or was about to be, and is not there: another program has taken it`;
      return { type: 'not-known', why };
    }
    const digest = await this.#digest(found);
    if (digest?.octets === octets && digest.sha256 === sha256) return { type: 'there', place: found.place };
    // A reader that sets flags renames the file.
    const now = this.#found().get(letterHash(letter));
    if (digest === undefined && now?.place !== found.place) return this.#settleFound(unsettled, now);
    const what = digest === undefined ? 'cannot be read' : 'has other octets than those that came';
    return { type: 'not-known', why: `${shown(`${this.#root}/${found.place}`)} ${what}` };
  }

  async #digest({ place, form }: Found): Promise<LetterDigest | undefined> {
    try {
      return await letterDigest(pieces(Buffer.from(`${this.#root}/${place}`)), form);
    } catch {
      return undefined;
    }
  }

  /** Our letters that are here, by their hashes. Throws a Failure. */
  #found(): ReadonlyMap<string, Found> {
    const found = new Map<string, Found>();
    for (const folder of LETTERS) {
      for (const name of namesIn(`${this.#root}/${folder}`)) {
        const { hash, wire } = OUR_NAME.exec(name)?.groups ?? {};
        if (hash === undefined) continue;
        found.set(hash, { place: `${folder}/${name}`, form: wire === undefined ? 'as-it-came' : 'line-feeds' });
      }
    }
    return found;
  }

  /** Why what is in a folder does not survive a power cut; undefined when it does. */
  async #synced(folder: string): Promise<string | undefined> {
    const path = `${this.#root}/${folder}`;
    try {
      this.#at('place.before-sync');
      await syncFile(path);
      this.#at('place.synced');
      return undefined;
    } catch (thrown) {
      return cannotWrite(path, thrown).message;
    }
  }
}

function refused(why: string): Placing {
  return { type: 'refused', why, blame: 'destination' };
}

/** What may stand in a name: `/` and `:` never, `,` begins what the name says of the file. */
function hostPart(host: string): string {
  return host.replace(/[^A-Za-z0-9.-]/g, '_').slice(0, 64) || 'localhost';
}

function namesIn(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch (thrown) {
    throw new Failure(`${shown(path)} cannot be read: ${reasonOf(thrown)}`);
  }
}

/** Makes what is missing, durably. */
function makeMaildir(root: string): void {
  try {
    const parts = partsOf(root);
    if (parts === undefined) make(root);
    const missing = FOLDERS.filter((folder) => !parts?.includes(folder));
    for (const folder of missing) make(`${root}/${folder}`);
    if (missing.length > 0) syncPath(root);
    if (parts === undefined) syncPath(dirname(root));
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown;
    if (!failedWith(thrown, 'ENOENT')) throw cannotWrite(root, thrown);
    throw new Failure(`${shown(dirname(root))} is not there: make that folder first, or name another`);
  }
}

/** Another process may be making the same Maildir. */
function make(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (thrown) {
    if (!failedWith(thrown, 'EEXIST')) throw thrown;
  }
}

/** Which of its folders a Maildir has; undefined where there is nothing. Throws a Failure when it is none. */
function partsOf(root: string): readonly string[] | undefined {
  const stats = statSync(root, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if (!stats.isDirectory()) throw new Failure(`${shown(root)} is no folder: name the folder that is the Maildir`);
  const names = namesIn(root);
  const parts = FOLDERS.filter((folder) => names.includes(folder));
  // One that is being made, by another process or by one that died, has only such.
  const begun = names.every((name) => name === STAGING || parts.includes(name as (typeof FOLDERS)[number]));
  if (!begun && !(parts.includes('new') && parts.includes('cur'))) {
    throw new Failure(`${shown(root)} is no Maildir, and not empty: name a Maildir, or a folder that is not there yet`);
  }
  if (stats.uid !== 0 && process.geteuid?.() === 0) {
    throw new Failure(
      `${shown(root)} is not root's, and its owner could read no letter of root's: run it as user ${stats.uid}`,
    );
  }
  for (const part of [...parts, ...names.filter((name) => name === STAGING)]) {
    if (lstatSync(`${root}/${part}`).isDirectory()) continue;
    throw new Failure(
      `${shown(`${root}/${part}`)} is no folder: a link may lead anywhere, so name the Maildir that is meant`,
    );
  }
  return parts;
}
