import type { Actor, Entry, Maildrop, MaybePromise } from '@restante/pop/maildrop';
import type { MaildropRow } from '../index/sqlite/maildrops.ts';
import type { LetterReader } from '../letters/letter-reader.ts';
import type { Turns } from '../turns.ts';
import { storeErrorOf } from '../writer/failure.ts';
import type { WriterLink } from '../writer/link.ts';
import { Binder, SLICE, type SnapshotReads } from './binder.ts';
import type { BoundLetters } from './bound.ts';

/** What all snapshots of a store share. */
export interface SnapshotRoom {
  readonly reads: SnapshotReads;
  readonly letters: LetterReader;
  readonly link: WriterLink;
  readonly turns: Turns;
  now(): number;
}

/** A maildrop as it was at one change number. */
export class Snapshot implements Maildrop {
  readonly count: number;
  readonly octets: number;
  readonly #room: SnapshotRoom;
  readonly #maildrop: MaildropRow;
  readonly #onClose: (removed: boolean) => void;
  #binder: Binder | undefined;
  #closed = false;
  #removed = false;

  /** `onClose` is told whether anything was expunged. */
  constructor(room: SnapshotRoom, maildrop: MaildropRow, onClose: (removed: boolean) => void) {
    this.#room = room;
    this.#maildrop = maildrop;
    this.#onClose = onClose;
    this.count = maildrop.count;
    this.octets = maildrop.octets;
  }

  entries(from: number, to: number): MaybePromise<readonly Entry[]> {
    return this.#listed(from, to, (letters, number) => letters.entry(number));
  }

  /** When the letters came, in milliseconds since 1970: the same range and slices as {@link entries}. */
  arrivals(from: number, to: number): MaybePromise<readonly number[]> {
    return this.#listed(from, to, (letters, number) => letters.arrived(number));
  }

  read(number: number, from: number): MaybePromise<Uint8Array> {
    return this.#bound(number, () => this.#room.letters.read(this.#binding().letters.letter(number), from));
  }

  async expunge(numbers: readonly number[], by: Actor): Promise<{ readonly notRemoved: readonly number[] }> {
    if (numbers.length === 0) return { notRemoved: [] };
    let last = 0;
    for (const number of numbers) if (number > last) last = number;
    const ordinals = await this.#bound(last, () => {
      const { letters } = this.#binding();
      return Float64Array.from(numbers, (number) => letters.ordinal(number));
    });
    const { account, session, address } = by;
    this.#removed = true;
    await this.#room.link.order<'expunge'>(
      {
        type: 'expunge',
        maildrop: this.#maildrop.id,
        ordinals,
        time: this.#room.now(),
        by: { account, session, address },
      },
      [ordinals.buffer],
    );
    return { notRemoved: [] };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#binder = undefined;
    this.#onClose(this.#removed);
  }

  #listed<T>(from: number, to: number, line: (letters: BoundLetters, number: number) => T): MaybePromise<readonly T[]> {
    return this.#bound(from, () => {
      const { letters } = this.#binding();
      const end = Math.min(to, letters.length, from + SLICE - 1);
      const lines: T[] = [];
      for (let number = from; number <= end; number += 1) lines.push(line(letters, number));
      return lines;
    });
  }

  #binding(): Binder {
    if (this.#closed) throw new Error('the maildrop is closed');
    this.#binder ??= new Binder(this.#room.reads, this.#maildrop);
    return this.#binder;
  }

  /** Does `work` once the message-number is bound: at once when one step is enough, else with turns for others between. */
  #bound<T>(number: number, work: () => MaybePromise<T>): MaybePromise<T> {
    if (!(Number.isInteger(number) && number >= 1 && number <= this.count)) {
      throw new RangeError(`message-number ${number} is not within 1 to ${this.count}`);
    }
    if (this.#binding().letters.length < number && this.#room.turns.take()) this.#step();
    return this.#binding().letters.length < number ? this.#bindOn(number, work) : work();
  }

  async #bindOn<T>(number: number, work: () => MaybePromise<T>): Promise<T> {
    while (this.#binding().letters.length < number) {
      await this.#room.turns.next();
      // Others may have bound on meanwhile.
      if (this.#binding().letters.length < number) this.#step();
    }
    return work();
  }

  #step(): void {
    try {
      this.#binding().step();
    } catch (error) {
      throw storeErrorOf(error);
    }
  }
}
