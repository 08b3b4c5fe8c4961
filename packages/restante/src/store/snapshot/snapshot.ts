import type { Actor, Entry, Fetched, Leaving, Maildrop, MaybePromise } from '@restante/pop/maildrop';
import { keptUntil, type PastRetention } from '../../accounts/retention.ts';
import type { MaildropRow } from '../index/sqlite/maildrops.ts';
import type { LedgerDesk } from '../ledger/desk.ts';
import { actor, type LedgerActor } from '../ledger/entry.ts';
import type { LetterReader } from '../letters/letter-reader.ts';
import type { Turns } from '../turns.ts';
import { storeErrorOf } from '../writer/failure.ts';
import type { WriterLink } from '../writer/link.ts';
import type { OrderedEntry } from '../writer/orders.ts';
import { Binder, SLICE, type SnapshotReads } from './binder.ts';
import type { BoundLetters } from './bound.ts';

/** What all snapshots of a store share. */
export interface SnapshotRoom {
  readonly reads: SnapshotReads;
  readonly letters: LetterReader;
  readonly link: WriterLink;
  readonly turns: Turns;
  readonly ledger: LedgerDesk;
  now(): number;
}

/**
 * What becomes of letters that were retrieved, where it is not nothing: they leave at QUIT, but for those of which sessions were told
 * otherwise before; or their days count from now on.
 */
export interface AfterRetrieval {
  readonly what: 'leave' | 'count';
  readonly past: readonly PastRetention[];
  readonly now: number;
}

const NOTHING: Fetched = { retrieved: [], viewed: [] };
const NONE = new Float64Array(0);

/** A maildrop as it was at one change number. */
export class Snapshot implements Maildrop {
  readonly count: number;
  readonly octets: number;
  readonly #room: SnapshotRoom;
  readonly #maildrop: MaildropRow;
  readonly #afterRetrieval: () => AfterRetrieval | undefined;
  readonly #onClose: (removed: boolean) => void;
  #binder: Binder | undefined;
  #closed = false;
  #removed = false;
  readonly #visitor: LedgerActor | undefined;
  readonly #began: number;
  /** What the ledger knows of the session: nothing yet, perhaps a part of it, or all. */
  #told: 'nothing' | 'a part' | 'all' = 'nothing';

  /**
   * `afterRetrieval` is asked at QUIT; `onClose` is told whether anything was expunged; `visitor` is who the ledger says it was.
   */
  constructor(
    room: SnapshotRoom,
    maildrop: MaildropRow,
    afterRetrieval: () => AfterRetrieval | undefined,
    onClose: (removed: boolean) => void,
    visitor?: LedgerActor,
  ) {
    this.#visitor = visitor;
    this.#began = room.now();
    this.#room = room;
    this.#afterRetrieval = afterRetrieval;
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

  async expunge(
    marked: readonly number[],
    by: Actor,
    fetched: Fetched = NOTHING,
  ): Promise<{ readonly notRemoved: readonly number[] }> {
    const { retrieved } = fetched;
    const after = retrieved.length > 0 ? this.#afterRetrieval() : undefined;
    const leaving = after?.what === 'leave' ? after : undefined;
    // What cannot be noted is kept for longer; it keeps nobody from removing.
    if (after?.what === 'count') await this.#fetched(retrieved, after.now).catch(() => undefined);
    const asked = leaving === undefined ? marked : [...new Set([...marked, ...retrieved])];
    const entry = await this.#entry(this.#binder, this.#visitor ?? actor(by), 'quit', fetched);
    const ordinals = asked.length === 0 ? NONE : await this.#ordinals(asked, leaving, marked, retrieved);
    if (ordinals.length === 0 && entry.parts.length === 0) return { notRemoved: [] };
    this.#told = 'a part';
    if (ordinals.length === 0) await this.#room.ledger.record(this.#maildrop.id, entry);
    else await this.#expunge(ordinals, by, entry);
    this.#told = 'all';
    return { notRemoved: [] };
  }

  async #ordinals(
    asked: readonly number[],
    leaving: AfterRetrieval | undefined,
    marked: readonly number[],
    retrieved: readonly number[],
  ): Promise<Float64Array<ArrayBuffer>> {
    let last = 0;
    for (const number of asked) if (number > last) last = number;
    return this.#bound(last, () => {
      const { letters } = this.#binding();
      const numbers = leaving === undefined ? asked : withRetrieved(letters, marked, retrieved, leaving);
      return Float64Array.from(numbers, (number) => letters.ordinal(number));
    });
  }

  async #expunge(ordinals: Float64Array<ArrayBuffer>, by: Actor, entry: OrderedEntry): Promise<void> {
    const { account, session, address } = by;
    this.#removed = true;
    await this.#room.link.order<'expunge'>(
      {
        type: 'expunge',
        maildrop: this.#maildrop.id,
        ordinals,
        time: this.#room.now(),
        by: { account, session, address },
        entry,
      },
      [ordinals.buffer],
    );
  }

  /** Their days count from now on, or from an earlier time. */
  async #fetched(numbers: readonly number[], time: number): Promise<void> {
    const ordinals = await this.#bound(numbers.at(-1) ?? 0, () => {
      const { letters } = this.#binding();
      return Float64Array.from(numbers, (number) => letters.ordinal(number));
    });
    await this.#room.link.order<'fetched'>({ type: 'fetched', maildrop: this.#maildrop.id, ordinals, time });
  }

  close(leaving?: Leaving): void {
    if (this.#closed) return;
    this.#closed = true;
    if (leaving !== undefined && this.#told !== 'all') this.#tell(leaving);
    this.#binder = undefined;
    this.#onClose(this.#removed);
  }

  /** A session that did not come to its QUIT, or whose removal failed, or that did nothing to be told there. */
  #tell({ end, ...fetched }: Leaving): void {
    const { ledger } = this.#room;
    const visitor = this.#visitor;
    if (visitor === undefined) return;
    const { id } = this.#maildrop;
    if (fetched.retrieved.length === 0 && fetched.viewed.length === 0 && this.#told === 'nothing') {
      ledger.polled(id, visitor.address);
      return;
    }
    const binder = this.#binder;
    const again = this.#told === 'a part';
    ledger.behind(async () => ledger.record(id, { ...(await this.#entry(binder, visitor, end, fetched)), again }));
  }

  async #entry(
    binder: Binder | undefined,
    by: LedgerActor,
    end: string,
    { retrieved, viewed }: Fetched,
  ): Promise<OrderedEntry> {
    const { ledger } = this.#room;
    const times = { began: this.#began, ended: this.#room.now() };
    const entry = { kind: 'session', by, ...times, end, octets: 0, parts: [], again: false } as const;
    if (binder === undefined || (retrieved.length === 0 && viewed.length === 0)) return entry;
    const { letters } = binder;
    const parts = [
      ...(await ledger.parts(letters, 'retrieved', retrieved)),
      ...(await ledger.parts(letters, 'viewed', viewed)),
    ];
    let octets = 0;
    for (const number of retrieved) octets += letters.letter(number).octets;
    for (const number of viewed) octets += letters.letter(number).octets;
    return { ...entry, octets, parts };
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

/** What leaves at QUIT: the marked letters, and with EXPIRE 0 those that were retrieved (RFC 2449 §6.7, EXT-27). */
function withRetrieved(
  letters: BoundLetters,
  marked: readonly number[],
  retrieved: readonly number[],
  { past, now }: AfterRetrieval,
): readonly number[] {
  const due = retrieved.filter((number) => keptUntil(letters.arrived(number), 0, past) <= now);
  return [...new Set([...marked, ...due])];
}
