import type { Entry, MaybePromise } from '@restante/pop/maildrop';

/** A letter on its way out. */
export interface OutgoingLetter {
  readonly number: number;
  readonly uniqueId: string;
  readonly octets: number;
  /** When it came, in milliseconds since 1970. */
  readonly arrived: number;
  /** Its octets in order, in canonical form; to be read once, before the next letter. */
  pieces(): AsyncIterable<Uint8Array>;
}

/** The letters of one snapshot, in the order of their message-numbers. */
export interface Outgoing {
  readonly count: number;
  /** Sum of the letters' octets. */
  readonly octets: number;
  /** Throws a StoreError when a letter cannot be had whole and sound. */
  letters(): AsyncIterable<OutgoingLetter>;
  close(): Promise<void>;
}

/** What a snapshot of the store has for it. */
export interface OutgoingSnapshot {
  readonly count: number;
  readonly octets: number;
  entries(from: number, to: number): MaybePromise<readonly Entry[]>;
  arrivals(from: number, to: number): MaybePromise<readonly number[]>;
  read(number: number, from: number): MaybePromise<Uint8Array>;
  close(): void;
}

/** Letters that are asked for at once. */
const SLICE = 1_000;

/** With the store at hand. */
export class SnapshotOutgoing implements Outgoing {
  readonly #snapshot: OutgoingSnapshot;

  constructor(snapshot: OutgoingSnapshot) {
    this.#snapshot = snapshot;
  }

  get count(): number {
    return this.#snapshot.count;
  }

  get octets(): number {
    return this.#snapshot.octets;
  }

  async *letters(): AsyncGenerator<OutgoingLetter, void, void> {
    const { count } = this.#snapshot;
    for (let from = 1; from <= count; ) {
      const entries = await this.#snapshot.entries(from, Math.min(count, from + SLICE - 1));
      const arrivals = await this.#snapshot.arrivals(from, from + entries.length - 1);
      for (const [index, { number, uniqueId, octets }] of entries.entries()) {
        const arrived = arrivals[index] ?? 0;
        yield { number, uniqueId, octets, arrived, pieces: () => this.#pieces(number, octets) };
      }
      from += entries.length;
    }
  }

  async close(): Promise<void> {
    this.#snapshot.close();
  }

  async *#pieces(number: number, octets: number): AsyncGenerator<Uint8Array, void, void> {
    for (let from = 0; from < octets; ) {
      const piece = await this.#snapshot.read(number, from);
      if (piece.length === 0) throw new Error(`letter ${number} ends ${octets - from} octets early`);
      yield piece;
      from += piece.length;
    }
  }
}
