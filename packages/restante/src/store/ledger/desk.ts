import type { MaybePromise } from '@restante/pop/maildrop';
import type { NewPart } from '../index/sqlite/ledger.ts';
import type { BoundLetters } from '../snapshot/bound.ts';
import type { Turns } from '../turns.ts';
import type { WriterLink } from '../writer/link.ts';
import type { OrderedEntry } from '../writer/orders.ts';
import { type LedgerDeed, type LedgerPolls, PART } from './entry.ts';
import { packLetters } from './part.ts';

export interface LedgerDeskOptions {
  readonly link: WriterLink;
  readonly turns: Turns;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told of what could not be written down: a session that broke off waits for nobody. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

const HOUR = 3_600_000;

/** Different maildrops, addresses and hours that are counted before the writer gets them. */
const MOST_COUNTED = 10_000;

interface Polls extends LedgerPolls {
  readonly maildrop: number;
  sessions: number;
}

/** What a network thread does for the ledger: counts what costs no row, packs letters, and asks the writer. */
export class LedgerDesk {
  readonly #options: LedgerDeskOptions;
  #polls = new Map<string, Polls>();
  readonly #open = new Set<Promise<void>>();

  constructor(options: LedgerDeskOptions) {
    this.#options = options;
  }

  /** Counts a session that fetched and removed nothing. Lost when the process is killed before it is written. */
  polled(maildrop: number, address: string): void {
    const now = this.#options.now();
    const hour = now - (now % HOUR);
    const key = `${maildrop} ${hour} ${address}`;
    const polls = this.#polls.get(key);
    if (polls !== undefined) polls.sessions += 1;
    else this.#polls.set(key, { maildrop, hour, address, sessions: 1 });
    if (this.#polls.size >= MOST_COUNTED) this.#track(this.flush());
  }

  /** Has what is counted so far written. */
  async flush(): Promise<void> {
    if (this.#polls.size === 0) return;
    const polls = [...this.#polls.values()];
    this.#polls = new Map();
    await this.#options.link.order<'count-polls'>({ type: 'count-polls', polls });
  }

  /** Letters by their message-numbers, as parts of an entry; others have their turn between two of them. */
  async parts(letters: BoundLetters, deed: LedgerDeed, numbers: readonly number[]): Promise<NewPart[]> {
    const parts: NewPart[] = [];
    for (let from = 0; from < numbers.length; from += PART) {
      if (from > 0) await this.#options.turns.next();
      const slice = numbers.slice(from, from + PART);
      const text = packLetters(
        slice.map((number) => {
          const { uniqueId, octets } = letters.entry(number);
          return { uniqueId, octets, arrived: letters.arrived(number) };
        }),
      );
      parts.push({ deed, count: slice.length, text });
    }
    return parts;
  }

  async record(maildrop: number, entry: OrderedEntry): Promise<void> {
    await this.#options.link.order<'record'>({ type: 'record', maildrop, entry });
  }

  /** What nobody waits for, and yet is done before the store closes. */
  behind(work: () => Promise<void>): void {
    this.#track(work());
  }

  /** Resolves when all is written, or has failed and been told; at once when there is nothing. */
  settle(): MaybePromise<unknown> {
    if (this.#polls.size > 0) this.#track(this.flush());
    return this.#open.size === 0 ? undefined : Promise.all(this.#open);
  }

  #track(work: Promise<void>): void {
    const done: Promise<void> = work
      .catch((error: unknown) => this.#options.onError?.(error))
      .finally(() => this.#open.delete(done));
    this.#open.add(done);
  }
}
