import type { LedgerReads } from '../index/sqlite/ledger.ts';
import type { BoundRow, PlacementReads } from '../index/sqlite/placements.ts';
import type { LetterReader } from '../letters/letter-reader.ts';
import type { Turns } from '../turns.ts';
import type { LedgerDesk } from './desk.ts';
import type { LedgerDeed, LedgerEntry, LedgerLetters, LedgerPolls } from './entry.ts';
import { findLetter, unpackLetters } from './part.ts';
import { senderOf } from './sender.ts';

/** A maildrop, as far as its ledger is read. */
export interface LedgerPlace {
  readonly id: number;
  /** The last arrival ordinal. */
  readonly ordinal: number;
}

/** A place behind which a listing goes on; absent when it is at its end. */
export interface Page<Line, Place> {
  readonly lines: readonly Line[];
  readonly next?: Place;
}

/** A letter that the maildrop has, or can have back. */
export interface LetterArrival {
  readonly arrived: number;
  readonly octets: number;
  /** The envelope's sender, empty for `<>`; absent where the trace fields do not tell. */
  readonly from?: string;
  /** Whether it is there, or has left and can be brought back. */
  readonly present: boolean;
}

/** What happened to a letter, and by whom. */
export interface LetterEvent {
  readonly deed: LedgerDeed;
  /** When it was done, as far as is known: the end of the session that did it. */
  readonly at: number;
  readonly uniqueId: string;
  readonly octets: number;
  readonly arrived: number;
  /** The unique-id under which it came back, where that is another. */
  readonly became?: string;
  /** Of a removal: when it was destroyed. */
  readonly destroyed?: number;
  readonly entry: LedgerEntry;
}

export interface LetterHistory {
  readonly arrivals: readonly LetterArrival[];
  readonly events: readonly LetterEvent[];
  /** Whether there are more events than are told. */
  readonly more: boolean;
}

export interface LedgerIndex {
  readonly ledger: LedgerReads;
  readonly placements: PlacementReads;
}

export interface LedgerReaderOptions {
  readonly desk: LedgerDesk;
  readonly turns: Turns;
  readonly letters: LetterReader;
  /** Throws a StoreError when there is none of that name. */
  placeOf(name: string): LedgerPlace;
  /** Looks at the index; throws a StoreError. */
  read<T>(look: (index: LedgerIndex) => T): T;
}

/** Lines of one page. */
const LINES = 500;
/** Letters of one page, after which it ends. */
const LETTERS = 4_000;
/** Rows of one look at the index, and parts, which are some hundred times as long. */
const SLICE = 1_000;
const PARTS = 20;
/** Events of one letter, and arrivals of it, that are told. */
const MOST = 500;

/** Reads the ledger, a page at a time, while mail flows. */
export class LedgerReader {
  readonly #options: LedgerReaderOptions;

  constructor(options: LedgerReaderOptions) {
    this.#options = options;
  }

  /** Entries of a maildrop behind the entry `after` that ended at or after `since`. */
  async entries(name: string, since: number, after: number): Promise<Page<LedgerEntry, number>> {
    const { id } = this.#options.placeOf(name);
    const lines: LedgerEntry[] = [];
    for (let last = after; ; ) {
      const slice = this.#read(({ ledger }) => ledger.entries(id, last, LINES));
      for (const entry of slice) {
        last = entry.id;
        if (entry.ended >= since) lines.push(entry);
        if (lines.length >= LINES) return { lines, next: last };
      }
      if (slice.length < LINES) return { lines };
      await this.#options.turns.next();
    }
  }

  /** Letters of the entries up to `last`, behind the given place. */
  async letters(
    name: string,
    after: { readonly entry: number; readonly part: number },
    last: number,
  ): Promise<Page<LedgerLetters, { readonly entry: number; readonly part: number }>> {
    const { id } = this.#options.placeOf(name);
    const lines: LedgerLetters[] = [];
    let place = after;
    for (let count = 0; ; ) {
      const slice = this.#read(({ ledger }) => ledger.parts(id, place.entry, place.part, last, PARTS));
      for (const [entry, part, deed, change, text] of slice) {
        const letters = unpackLetters(text);
        lines.push({ entry, part, deed: deed as LedgerDeed, change, letters });
        count += letters.length;
        place = { entry, part };
        if (count >= LETTERS || lines.length >= LINES) return { lines, next: place };
      }
      if (slice.length < PARTS) return { lines };
      await this.#options.turns.next();
    }
  }

  /** Counts of sessions that fetched and removed nothing, from the hour of `since` on. What is not written yet is written first. */
  async polls(
    name: string,
    after: { readonly hour: number; readonly address: string },
  ): Promise<Page<LedgerPolls, { readonly hour: number; readonly address: string }>> {
    const { id } = this.#options.placeOf(name);
    await this.#options.desk.flush();
    const lines = this.#read(({ ledger }) => ledger.polls(id, after.hour, after.address, LINES));
    const end = lines.at(-1);
    if (end === undefined || lines.length < LINES) return { lines };
    return { lines, next: { hour: end.hour, address: end.address } };
  }

  /** What is known of a letter: nothing at all where its unique-id was never that of a letter here, or all is forgotten. */
  async history(name: string, uniqueId: string): Promise<LetterHistory> {
    const place = this.#options.placeOf(name);
    const arrivals = await this.#arrivals(place, uniqueId);
    const events: LetterEvent[] = [];
    for (let [entry, part] = [0, 0]; events.length < MOST; ) {
      const slice = this.#read(({ ledger }) => ledger.parts(place.id, entry, part, Number.MAX_SAFE_INTEGER, PARTS));
      for (const row of slice) {
        [entry, part] = row;
        const event = this.#event(place.id, row, uniqueId);
        if (event !== undefined) events.push(event);
      }
      if (slice.length < PARTS) break;
      await this.#options.turns.next();
    }
    return { arrivals, events, more: events.length >= MOST };
  }

  #event(
    maildrop: number,
    [id, , deed, change, text]: ReturnType<LedgerReads['parts']>[number],
    uniqueId: string,
  ): LetterEvent | undefined {
    const letter = findLetter(text, uniqueId);
    if (letter === undefined) return undefined;
    return this.#read(({ ledger }) => {
      const entry = ledger.entry(maildrop, id);
      if (entry === undefined) return undefined;
      const destroyed = deed === 'removed' ? ledger.purged(maildrop, change) : undefined;
      return {
        ...letter,
        deed: deed as LedgerDeed,
        at: entry.ended,
        ...(destroyed !== undefined && { destroyed }),
        entry,
      };
    });
  }

  /** The letter where it is, and where it was as long as it can be brought back. No index by unique-id: see `schema.ts`. */
  async #arrivals({ id, ordinal: newest }: LedgerPlace, uniqueId: string): Promise<LetterArrival[]> {
    const found: { readonly row: BoundRow; readonly present: boolean }[] = [];
    const look = (
      rows: readonly (readonly [...BoundRow] | readonly [...BoundRow, number])[],
      present: boolean,
    ): void => {
      for (const row of rows) {
        if (row[1] === uniqueId && found.length < MOST) found.push({ row: row.slice(0, 10) as BoundRow, present });
      }
    };
    for (let ordinal = 0; ; ) {
      const rows = this.#read(({ placements }) => placements.present(id, ordinal, newest, SLICE));
      look(rows, true);
      if (rows.length < SLICE) break;
      ordinal = rows.at(-1)?.[0] ?? newest;
      await this.#options.turns.next();
    }
    for (let [departed, ordinal] = [0, Number.MAX_SAFE_INTEGER]; ; ) {
      const rows = this.#read(({ placements }) => placements.departed(id, departed, ordinal, SLICE));
      look(rows, false);
      const end = rows.at(-1);
      if (end === undefined || rows.length < SLICE) break;
      [departed, ordinal] = [end[10], end[0]];
      await this.#options.turns.next();
    }
    return Promise.all(found.map(({ row, present }) => this.#arrival(row, present)));
  }

  async #arrival(row: BoundRow, present: boolean): Promise<LetterArrival> {
    const [, , octets, , , content, traceDistance, traceOctets, traceCheck, arrived] = row;
    const letter = { octets, content, traceDistance, traceOctets, traceCheck };
    // What cannot be read now is no reason to tell nothing of the letter.
    const start = traceOctets === 0 ? undefined : await this.#first(letter);
    const from = start && senderOf(start.subarray(0, traceOctets));
    return { arrived, octets, present, ...(from !== undefined && { from }) };
  }

  async #first(letter: Parameters<LetterReader['read']>[0]): Promise<Uint8Array | undefined> {
    try {
      return await this.#options.letters.read(letter, 0);
    } catch {
      return undefined;
    }
  }

  #read<T>(look: (index: LedgerIndex) => T): T {
    return this.#options.read(look);
  }
}
