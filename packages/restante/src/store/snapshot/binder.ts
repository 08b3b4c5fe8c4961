import type { DatabaseSync } from 'node:sqlite';
import { StoreError } from '@restante/pop/maildrop';
import { inTransaction } from '../index/sqlite/connection.ts';
import type { MaildropRow } from '../index/sqlite/maildrops.ts';
import type { BoundRow, PlacementReads } from '../index/sqlite/placements.ts';
import { BoundLetters } from './bound.ts';

/** Rows of one step: about a millisecond. */
export const SLICE = 1_000;

/** What a network thread reads a snapshot with. */
export interface SnapshotReads {
  readonly database: DatabaseSync;
  readonly placements: PlacementReads;
}

/**
 * Binds message-numbers to the letters of a snapshot, step by step. Between two steps other sessions may expunge: a
 * letter is then found among those that left after the snapshot instead of those that are there. Each step first catches
 * up with what has left, and both are read in one short transaction, so that none is missed and none is bound twice. What
 * came after the snapshot has higher ordinals: however much that is, a step reads no more than its slice.
 */
export class Binder {
  readonly letters: BoundLetters;
  readonly #reads: SnapshotReads;
  readonly #maildrop: MaildropRow;
  /** Up to where what is there has been bound. */
  #ordinal = 0;
  /** Up to where what has left has been looked at. */
  #left: { readonly departed: number; readonly ordinal: number };
  /** Letters that left after the snapshot and are not bound yet. */
  #departed: BoundRow[] = [];
  #nextDeparted = 0;

  constructor(reads: SnapshotReads, maildrop: MaildropRow) {
    this.#reads = reads;
    this.#maildrop = maildrop;
    this.#left = { departed: maildrop.change, ordinal: Number.MAX_SAFE_INTEGER };
    this.letters = new BoundLetters(maildrop.count);
  }

  /** Binds up to {@link SLICE} further letters; none when it had to catch up. Throws a StoreError when there are fewer than there must be. */
  step(): void {
    const more = inTransaction(this.#reads.database, 'BEGIN', () => !this.#catchUp() || this.#bind());
    const { count, octets } = this.#maildrop;
    if (more || (this.letters.length === count && this.letters.octets === octets)) return;
    throw contradiction(
      `counts ${count} letters of ${octets} octets and has ${this.letters.length} of ${this.letters.octets}`,
    );
  }

  /** Whether all that has left up to now has been looked at. */
  #catchUp(): boolean {
    const { id, ordinal: newest } = this.#maildrop;
    const { departed, ordinal } = this.#left;
    const rows = this.#reads.placements.departed(id, departed, ordinal, SLICE);
    for (const row of rows) {
      // What came after the snapshot and has left again is none of its letters.
      if (row[0] > this.#ordinal && row[0] <= newest) this.#departed.push(row.slice(0, 10) as BoundRow);
    }
    const last = rows.at(-1);
    if (last) {
      this.#left = { departed: last[10], ordinal: last[0] };
      this.#departed = this.#departed.slice(this.#nextDeparted).sort((a, b) => a[0] - b[0]);
      this.#nextDeparted = 0;
    }
    return rows.length < SLICE;
  }

  /** Binds the next letters; whether there may be more. */
  #bind(): boolean {
    const { id, ordinal: newest } = this.#maildrop;
    const present = this.#reads.placements.present(id, this.#ordinal, newest, SLICE);
    const end = present.length < SLICE ? Number.MAX_SAFE_INTEGER : (present.at(-1)?.[0] ?? 0);
    const departed = this.#departedUpTo(end);
    const rows = departed.length === 0 ? present : merged(present, departed);
    if (this.letters.length + rows.length > this.#maildrop.count) {
      throw contradiction(`counts ${this.#maildrop.count} letters and has more`);
    }
    this.letters.push(rows);
    this.#ordinal = end;
    return present.length === SLICE;
  }

  /** Takes the letters that have left, up to this ordinal. */
  #departedUpTo(end: number): readonly BoundRow[] {
    const from = this.#nextDeparted;
    while ((this.#departed[this.#nextDeparted]?.[0] ?? Number.POSITIVE_INFINITY) <= end) this.#nextDeparted += 1;
    return this.#departed.slice(from, this.#nextDeparted);
  }
}

function contradiction(what: string): StoreError {
  return new StoreError('permanent', `the index ${what}`);
}

function merged(present: readonly BoundRow[], departed: readonly BoundRow[]): readonly BoundRow[] {
  return [...present, ...departed].sort((a, b) => a[0] - b[0]);
}
