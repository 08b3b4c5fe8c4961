import type { NewPart } from '../../index/sqlite/ledger.ts';
import type { IndexWrites } from '../../index/sqlite/writes.ts';
import type { OrderedEntry } from '../orders.ts';

/** Rows that a part counts for: it is one, of the size of some hundred. */
const PART_ROWS = 200;

/** How far an entry of the ledger has come: part of its task's cursor. */
export interface EntryCursor {
  entry: number | undefined;
  part: number;
}

/**
 * An entry of the ledger on its way in, as part of a task: it begins with the first thing that happened, each slice adds
 * what it did, in the same transaction, and it is finished with the last one. A crash in between leaves it `unfinished`,
 * with what has happened.
 */
export class EntryWriting {
  readonly #index: IndexWrites;
  readonly #maildrop: number;
  readonly #entry: OrderedEntry;
  readonly #cursor: EntryCursor;
  /** Never taken back: a maildrop that is gone stays so. */
  #over = false;

  constructor(index: IndexWrites, maildrop: number, entry: OrderedEntry, cursor: EntryCursor) {
    this.#cursor = cursor;
    this.#index = index;
    this.#maildrop = maildrop;
    this.#entry = entry;
  }

  /** Whether all that was fetched is entered. */
  get fetchedIn(): boolean {
    this.#takeUp();
    return this.#cursor.part >= this.#entry.parts.length;
  }

  /** Enters what was fetched, of about `budget` rows; answers how many. */
  fetched(budget: number): number {
    let used = 0;
    while (!this.fetchedIn && used < budget) {
      this.add(this.#entry.parts[this.#cursor.part] as NewPart);
      this.#cursor.part += 1;
      used += PART_ROWS;
    }
    return used;
  }

  add(part: NewPart): void {
    if (part.count === 0) return;
    this.#takeUp();
    const { ledger } = this.#index;
    this.#cursor.entry ??= ledger.add(this.#maildrop, { ...this.#entry, end: 'unfinished' });
    ledger.letters(this.#maildrop, this.#cursor.entry, part);
  }

  /** Nothing is entered any more. */
  giveUp(): void {
    this.#cursor.part = this.#entry.parts.length;
    this.#over = true;
  }

  finish(): void {
    if (this.#over) return;
    this.#takeUp();
    if (this.#cursor.entry === undefined) return;
    this.#index.ledger.finish(this.#maildrop, this.#cursor.entry, this.#entry.end, this.#entry.ended);
  }

  /** Goes on with the entry that an order of the same session had begun before it failed. What was fetched came first in it. */
  #takeUp(): void {
    const cursor = this.#cursor;
    if (!this.#entry.again || this.#over || cursor.entry !== undefined) return;
    const { ledger } = this.#index;
    cursor.entry = ledger.ofSession(this.#maildrop, this.#entry.by.session);
    if (cursor.entry !== undefined) cursor.part = ledger.parts(this.#maildrop, cursor.entry);
  }
}
