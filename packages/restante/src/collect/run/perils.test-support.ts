import type { duplexPair } from '@restante/pop/testing';
import { Failure } from '../../failure.ts';
import type { Journal } from '../journal/journal.ts';
import type { MemoryDestinationOptions } from './memory-destination.test-support.ts';

/** What happens to one run, at the so-manieth thing that it does. */
export interface Peril {
  readonly type: /** The process dies before, or after, that thing is done: nothing has an effect from then on. */
    | 'death before'
    | 'death after'
    /** The journal cannot be written from then on. */
    | 'journal'
    /** The destination fails once. */
    | 'destination'
    /** The connection breaks. */
    | 'network'
    /** Somebody stops it. */
    | 'stop';
  readonly at: number;
}

/** A process that runs into perils. What it does to the world it does through `journal` and `destination`. */
export class Process {
  readonly stop = new AbortController();
  readonly destination: MemoryDestinationOptions;
  readonly journal: Journal;
  /** Things done, for those who want to try each. */
  count = 0;
  #dead = false;
  #unwritable = false;
  #socket: ReturnType<typeof duplexPair>[0] | undefined;
  readonly #perils: readonly Peril[];

  constructor(journal: Journal, perils: readonly Peril[], destination: MemoryDestinationOptions = {}) {
    this.#perils = perils;
    this.destination = {
      ...destination,
      before: (doing) => {
        if (this.#befalls('destination')) throw new Failure(`the destination fails to ${doing}`);
      },
      after: () => this.#after(),
    };
    this.journal = {
      get facts() {
        return journal.facts;
      },
      letters: () => journal.letters(),
      letter: (key) => journal.letter(key),
      write: (changes, facts) => {
        if (this.#befalls('journal')) this.#unwritable = true;
        if (this.#unwritable) throw new Failure('the journal cannot be written');
        journal.write(changes, facts);
        this.#after();
      },
      close: () => {},
    };
  }

  readonly onCall = (socket: ReturnType<typeof duplexPair>[0]): void => {
    this.#mustLive();
    this.#socket = socket;
  };

  #befalls(type: Peril['type']): boolean {
    this.#mustLive();
    this.count += 1;
    const now = this.#perils.filter(({ at }) => at === this.count).map((peril) => peril.type);
    if (now.includes('death before')) this.#die();
    this.#mustLive();
    if (now.includes('network')) this.#socket?.resetAndDestroy();
    if (now.includes('stop')) this.stop.abort();
    return now.includes(type);
  }

  #after(): void {
    if (this.#perils.some(({ type, at }) => type === 'death after' && at === this.count)) this.#die();
    this.#mustLive();
  }

  #die(): void {
    this.#dead = true;
    this.#socket?.resetAndDestroy();
  }

  #mustLive(): void {
    if (this.#dead) throw new Failure('the process is dead');
  }
}
