import type { Receipt } from '@restante/pop/client';
import type { Timer } from '@restante/pop/server';
import { reasonOf } from '../../failure.ts';
import type { Blame, Destination, Placing, StagedLetter } from '../destinations/destination.ts';
import type { Change } from '../journal/journal.ts';
import type { Books } from './books.ts';
import type { Deleting } from './deleting.ts';
import { asEnding, Ending } from './ending.ts';

/** A letter that came whole and waits to be placed. */
export interface WholeLetter {
  readonly key: string;
  readonly uniqueId: string | undefined;
  readonly staged: StagedLetter;
  readonly octets: number;
  readonly sha256: string;
  readonly fingerprint: string;
  readonly headersOnly: boolean;
  /** What becomes true of it with being kept: it may be known by another key from then on. */
  readonly behind: readonly Change[];
  readonly keptAs: string;
  /** Where it is to be deleted once it is safe: gives the receipt for it. */
  readonly thenDelete: (() => Promise<Receipt>) | undefined;
}

/** A batch is placed when it has so many letters, or octets, or is so old in milliseconds. */
const FULL = { letters: 128, octets: 8 * 1024 * 1024, age: 200 };
/** How long a letter is left alone that is not taken where it belongs, in milliseconds: others go elsewhere meanwhile. */
const PLACE_BACK_OFF = 10 * 60_000;
/** Batches that may wait while one is placed, before nothing more is asked for. */
const MOST_WAITING = 2;
/** How long the destination may take for a batch, in milliseconds, before it is given up; unless it says that it takes longer. */
const PATIENCE = 10 * 60_000;
/** Refusals in a row for which the destination is to blame, before the run ends. */
const MOST_REFUSALS = 3;

/**
 * Letters on their way from whole to kept, in batches: what a batch costs (syncs, transactions) is shared, and the next one
 * downloads meanwhile. The journal is told each step when it is true, and before the next begins.
 */
export class Batches {
  readonly #destination: Destination;
  readonly #books: Books;
  readonly #deleting: Deleting;
  #next: WholeLetter[] = [];
  #nextOctets = 0;
  #age: Timer | undefined;
  /** Batches that are placed or wait for it. */
  #waiting = 0;
  #work: Promise<void> = Promise.resolve();
  #refusals = 0;
  #ending: Ending | undefined;
  #over: () => void = () => {};
  /** Settles when nothing more is placed. */
  readonly #gaveUp: Promise<void>;
  #wake: (() => void)[] = [];
  /** Whether a letter that was read in this session is not kept. */
  unsaved = false;

  constructor(destination: Destination, { books, deleting }: { readonly books: Books; readonly deleting: Deleting }) {
    this.#destination = destination;
    this.#books = books;
    this.#deleting = deleting;
    this.#gaveUp = new Promise((resolve) => {
      this.#over = resolve;
    });
  }

  /** Why nothing more is placed. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** Whether so much waits that nothing more should be asked for. */
  get full(): boolean {
    return this.#waiting > MOST_WAITING;
  }

  add(letter: WholeLetter): void {
    this.#next.push(letter);
    this.#nextOctets += letter.octets;
    // Of what nobody can tell afterwards, one letter at most may come twice.
    const most = this.#destination.promise === 'at-least-once' ? 1 : FULL.letters;
    if (this.#next.length >= most || this.#nextOctets >= FULL.octets) this.flush();
    else this.#age ??= this.#books.clock.set(() => this.flush(), FULL.age);
  }

  /** Places what there is, behind what waits. */
  flush(): void {
    this.#age?.clear();
    this.#age = undefined;
    const letters = this.#next;
    if (letters.length === 0) return;
    this.#next = [];
    this.#nextOctets = 0;
    this.#waiting += 1;
    this.#work = this.#work.then(async () => {
      await this.#place(letters);
      this.#waiting -= 1;
      for (const wake of this.#wake.splice(0)) wake();
    });
  }

  /** Resolves when less waits. Rejects with the {@link Ending} when nothing more is placed. */
  async room(): Promise<void> {
    while (this.full && this.#ending === undefined) {
      await Promise.race([this.#gaveUp, new Promise<void>((resolve) => this.#wake.push(resolve))]);
    }
    if (this.#ending !== undefined) throw this.#ending;
  }

  /** Places all there is; resolves when that is done. Rejects with the {@link Ending} when nothing more is placed. */
  async settled(): Promise<void> {
    this.flush();
    await Promise.race([this.#gaveUp, this.#work]);
    if (this.#ending !== undefined) throw this.#ending;
  }

  /** Places nothing more; what is being placed now is left to `settle`. */
  giveUp(ending: Ending): void {
    this.#age?.clear();
    this.unsaved ||= this.#waiting > 0 || this.#next.length > 0;
    this.#ending ??= ending;
    this.#over();
  }

  /** A letter was not taken; `blame` says whose fault that is. */
  refused(blame: Blame, why: string): void {
    this.unsaved = true;
    if (blame !== 'destination') return;
    this.#refusals += 1;
    if (this.#refusals >= MOST_REFUSALS) this.giveUp(this.#takesNone(why));
  }

  async #place(letters: readonly WholeLetter[]): Promise<void> {
    const longest = Math.max(PATIENCE, this.#destination.patience ?? 0);
    const patience = this.#books.clock.set(() => {
      this.giveUp(this.#takesNone(`it took no letter for ${Math.round(longest / 60_000)} minutes`));
    }, longest);
    try {
      if (this.#ending === undefined && (await this.#prepare(letters))) await this.#placeAll(letters);
      else this.#letGo(letters);
    } catch (error) {
      this.giveUp(asEnding(error, this.#destination.name));
    } finally {
      patience.clear();
    }
  }

  #takesNone(why: string, cause?: unknown): Ending {
    return new Ending('later', `${this.#destination.name}: ${why}`, cause);
  }

  /** Whether they are durable, and the journal has them. */
  async #prepare(letters: readonly WholeLetter[]): Promise<boolean> {
    try {
      await this.#destination.prepare(letters.map(({ staged }) => staged));
    } catch (error) {
      this.giveUp(this.#takesNone(reasonOf(error), error));
      return false;
    }
    const destination = this.#destination.name;
    const changes = letters.map(({ key, octets, sha256, fingerprint, headersOnly, staged: { place } }): Change => {
      return { type: 'staged', key, octets, sha256, fingerprint, headersOnly, place, destination };
    });
    this.#books.write(changes);
    return true;
  }

  async #placeAll(letters: readonly WholeLetter[]): Promise<void> {
    let placings: readonly Placing[];
    try {
      placings = await this.#destination.place(letters.map(({ staged }) => staged));
    } catch (error) {
      // What came of it `settle` will tell.
      throw this.#takesNone(reasonOf(error), error);
    }
    this.#conclude(letters, placings);
  }

  /** None of them counts: each is fetched again. */
  #letGo(letters: readonly WholeLetter[]): void {
    this.unsaved = true;
    if (!this.#books.sound) return;
    const why = this.#ending?.message ?? '';
    this.#books.write(letters.map(({ key }) => this.#books.failure(key, why, { blamed: false })));
  }

  #conclude(letters: readonly WholeLetter[], placings: readonly Placing[]): void {
    const at = this.#books.clock.now();
    const { possible } = this.#deleting;
    const changes: Change[] = [];
    const failures: Change[] = [];
    for (const [index, { key, keptAs, behind, thenDelete, staged }] of letters.entries()) {
      const placing = placings[index];
      if (placing?.type === 'placed') {
        const { place } = placing;
        changes.push({ type: 'kept', key, at, ...(place !== staged.place && { place }) }, ...behind);
        if (thenDelete !== undefined && possible) changes.push({ type: 'delete-sent', key: keptAs });
      } else if (placing !== undefined) {
        const pause = placing.blame === 'place' ? PLACE_BACK_OFF : 0;
        failures.push(this.#books.failure(key, placing.why, { blamed: placing.blame === 'letter', pause }));
      }
    }
    this.#books.write([...changes, ...failures], this.#moved());
    for (const [index, letter] of letters.entries()) {
      const placing = placings[index];
      if (placing?.type === 'placed') this.#kept(letter, placing.place, possible);
      else if (placing !== undefined) this.refused(placing.blame, placing.why);
    }
    this.#books.tellFailures(failures);
  }

  /** Where letters were kept last is remembered, since it may be another place than before. */
  #moved(): { readonly destination: string } | undefined {
    const { name } = this.#destination;
    return this.#books.facts.destination === name ? undefined : { destination: name };
  }

  #kept(
    { key, keptAs, uniqueId, octets, sha256, headersOnly, thenDelete }: WholeLetter,
    place: string,
    possible: boolean,
  ): void {
    this.#refusals = 0;
    this.#books.markKept(key, octets);
    this.#books.tell({ event: 'kept', uniqueId, octets, sha256, place, headersOnly });
    if (thenDelete !== undefined && possible) this.#deleting.send(keptAs, thenDelete());
  }
}
