import { type Placed, StoreError } from '@restante/pop/maildrop';
import type { Intake } from './intake.ts';
import { type Prepared, prepare } from './prepared.ts';
import { type ImportReport, MOST_REFUSED, type Refused } from './report.ts';
import { type Source, Unreadable } from './source.ts';
import { isUniqueId, type UniqueIdList } from './unique-id-list.ts';

export interface ImportOptions {
  readonly source: Source;
  readonly intake: Intake;
  /** Where each letter's unique-id stands; without it each gets a new one. */
  readonly uniqueIds?: UniqueIdList;
  /** Letters that were imported before are imported once more, with new unique-ids. */
  readonly again?: boolean;
  /** Everything but the letters: nothing is changed. */
  readonly dryRun?: boolean;
  /** Called now and then. */
  readonly onProgress?: (letters: number) => void;
}

/** Letters, and octets of them, that are looked at together: one question about all of them, so no more than MOST_KEYS. */
const BATCH = { letters: 200, octets: 4 * 1024 * 1024 };
/** Letters, and octets of them, that may be on their way: enough for the store to commit many at once. */
const WINDOW = { letters: 400, octets: 8 * 1024 * 1024 };

/** Brings the letters of a source into a maildrop, in the source's order, each once however often it is run. */
export function importLetters(options: ImportOptions): Promise<ImportReport> {
  return new Import(options).run();
}

class Import {
  readonly #options: ImportOptions;
  readonly #begun = performance.now();
  /** By SHA-256: how many letters with the same octets came before. */
  readonly #copies = new Map<string, number>();
  /** Unique-ids that letters of this source have, and where. */
  readonly #claimed = new Map<string, string>();
  readonly #onTheWay = new Set<Promise<void>>();
  #octetsOnTheWay = 0;
  readonly #refused: Refused[] = [];
  #refusedLetters = 0;
  #taken = 0;
  #octets = 0;
  #already = 0;
  #matching = 0;
  #letters = 0;
  #stopped: string | undefined;

  constructor(options: ImportOptions) {
    this.#options = options;
  }

  async run(): Promise<ImportReport> {
    const { source, onProgress, uniqueIds } = this.#options;
    try {
      for (const batch of this.#batches()) {
        try {
          await this.#take(batch);
        } catch (thrown) {
          if (!(thrown instanceof StoreError)) throw thrown;
          this.#stopped ??= thrown.message;
        } finally {
          for (const letter of batch) letter.close();
        }
        onProgress?.(this.#letters);
        if (this.#stopped !== undefined) break;
      }
    } catch (thrown) {
      // The source itself cannot be read on, and has nothing more to say of its letters.
      if (!(thrown instanceof Unreadable)) throw thrown;
      this.#stopped ??= thrown.message;
    }
    await Promise.all(this.#onTheWay);
    return {
      taken: this.#taken,
      octets: this.#octets,
      already: this.#already,
      refused: this.#refused,
      refusedLetters: this.#refusedLetters,
      leftOut: source.leftOut,
      ...(uniqueIds !== undefined && { matching: this.#matching }),
      letters: this.#letters,
      seconds: (performance.now() - this.#begun) / 1000,
      ...(this.#stopped !== undefined && { stopped: this.#stopped }),
    };
  }

  *#batches(): Generator<readonly Prepared[]> {
    let batch: Prepared[] = [];
    let octets = 0;
    for (const letter of this.#options.source.letters()) {
      this.#letters += 1;
      let prepared: Prepared;
      try {
        prepared = prepare(letter);
      } catch (thrown) {
        this.#refuse(letter.place, thrown);
        continue;
      }
      batch.push(prepared);
      octets += prepared.octets;
      if (batch.length < BATCH.letters && octets < BATCH.octets) continue;
      yield batch;
      batch = [];
      octets = 0;
    }
    if (batch.length > 0) yield batch;
  }

  async #take(batch: readonly Prepared[]): Promise<void> {
    const { intake, uniqueIds, dryRun } = this.#options;
    const keyed = batch.map((letter) => ({ letter, key: this.#key(letter.sha256) }));
    const known = await intake.imported(keyed.map(({ key }) => key));
    const ids = uniqueIds && batch.map((letter) => uniqueIds.find(letter.letter, letter.head));
    const given = ids && (await intake.givenUniqueIds([...new Set(ids.filter(isValid))]));
    if (this.#options.again) await this.#countOn(keyed, known);
    for (const [index, { letter, key }] of keyed.entries()) {
      if (this.#stopped !== undefined) return;
      const there = !this.#options.again && known.has(key);
      const uniqueId = ids?.[index];
      if (ids !== undefined) {
        const problem = this.#problem(letter, uniqueId, given?.has(uniqueId ?? '') === true, there);
        if (problem === undefined) this.#matching += 1;
        else {
          this.#refuse(letter.letter.place, problem);
          if (there) this.#already += 1;
          continue;
        }
      }
      if (there) this.#already += 1;
      else if (dryRun) this.#count(letter);
      else await this.#send(letter, key, uniqueId);
    }
  }

  /** Its octets, and how many with the same octets came before it. */
  #key(sha256: string): string {
    const before = this.#copies.get(sha256) ?? 0;
    this.#copies.set(sha256, before + 1);
    return `${sha256}/${before}`;
  }

  /** `again`: a letter that is known is one more of its kind. */
  async #countOn(keyed: { letter: Prepared; key: string }[], known: ReadonlySet<string>): Promise<void> {
    let taken = known;
    for (;;) {
      const old = keyed.filter(({ key }) => taken.has(key));
      if (old.length === 0) return;
      for (const each of old) each.key = this.#key(each.letter.sha256);
      taken = await this.#options.intake.imported(old.map(({ key }) => key));
    }
  }

  /** Why it cannot have the unique-id that the other server gave it; undefined when it can, or has it. */
  #problem(letter: Prepared, uniqueId: string | undefined, given: boolean, there: boolean): Unreadable | undefined {
    const name = this.#options.uniqueIds?.name;
    if (uniqueId === undefined) return new Unreadable(`${name}: there is no unique-id for it`, WITHOUT);
    if (!isUniqueId(uniqueId)) {
      return new Unreadable(`its unique-id ${JSON.stringify(uniqueId.slice(0, 100))} is none (RFC 1939 §7)`, WITHOUT);
    }
    const other = this.#claimed.get(uniqueId);
    if (other !== undefined) return new Unreadable(`its unique-id ${uniqueId} is that of ${other} too`, WITHOUT);
    this.#claimed.set(uniqueId, letter.letter.place);
    if (there === given) return undefined;
    return there
      ? new Unreadable('it is there already, with another unique-id', 'nothing: a unique-id never changes')
      : new Unreadable(`its unique-id ${uniqueId} was given in this maildrop already, to another letter`, WITHOUT);
  }

  async #send(letter: Prepared, key: string, uniqueId: string | undefined): Promise<void> {
    await this.#room(letter.octets);
    const { arrived } = letter;
    const delivery = this.#options.intake.begin({ key, arrived, ...(uniqueId !== undefined && { uniqueId }) });
    try {
      for (const piece of letter.pieces()) {
        const written = delivery.write(piece);
        if (written instanceof Promise) await written;
      }
    } catch (thrown) {
      await delivery.abort();
      this.#fail(letter, thrown);
      return;
    }
    const [answer] = delivery.commit();
    if (answer === undefined) throw new Error('commit answers one promise');
    this.#octetsOnTheWay += letter.octets;
    const done: Promise<void> = answer.then((placed) => {
      this.#onTheWay.delete(done);
      this.#octetsOnTheWay -= letter.octets;
      this.#settle(letter, placed);
    });
    this.#onTheWay.add(done);
  }

  /** Waits until few enough are on their way. */
  async #room(octets: number): Promise<void> {
    while (
      this.#onTheWay.size >= WINDOW.letters ||
      (this.#onTheWay.size > 0 && this.#octetsOnTheWay + octets > WINDOW.octets)
    ) {
      await Promise.race(this.#onTheWay);
    }
  }

  #settle(letter: Prepared, placed: Placed | StoreError): void {
    if (placed instanceof StoreError) this.#fail(letter, placed);
    else this.#count(letter);
  }

  #count(letter: Prepared): void {
    this.#taken += 1;
    this.#octets += letter.octets;
  }

  /** A letter of its own kind is left out; what would befall the next one too ends the import. */
  #fail(letter: Prepared, thrown: unknown): void {
    const { place } = letter.letter;
    if (thrown instanceof Unreadable) this.#refuse(place, thrown);
    else {
      const { kind, message } = StoreError.from(thrown);
      if (kind === 'too-large') this.#refuse(place, new Unreadable(message, 'raise limits.letter_size, and repeat'));
      else if (kind === 'exceeds-maildrop') this.#refuse(place, new Unreadable(message, MORE_ROOM));
      else if (kind === 'over-quota') this.#stopped ??= `${message}; ${MORE_ROOM}`;
      else this.#stopped ??= message;
    }
  }

  #refuse(place: string, thrown: unknown): void {
    if (!(thrown instanceof Unreadable)) throw thrown;
    this.#refusedLetters += 1;
    if (this.#refused.length < MOST_REFUSED) this.#refused.push({ place, why: thrown.message, remedy: thrown.remedy });
  }
}

const MORE_ROOM = 'give it more (restante account quota NAME --octets N), and repeat: what is there is not taken twice';
const WITHOUT = 'to have it with a new unique-id, repeat without --uidl: what is there is not taken twice';

function isValid(uniqueId: string | undefined): uniqueId is string {
  return uniqueId !== undefined && isUniqueId(uniqueId);
}
