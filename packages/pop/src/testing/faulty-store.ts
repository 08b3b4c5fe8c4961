import type { Actor, Entry, Maildrop, MaybePromise } from '../maildrop/maildrop.ts';
import type { Delivery, Envelope, Placed, Store, UndeleteChoice } from '../maildrop/store.ts';
import { StoreError, type StoreErrorKind } from '../maildrop/store-error.ts';

/** The methods of a store, its maildrops and its deliveries that can fail. `commit` is counted by recipient. */
export type FaultyMethod =
  | 'openMaildrop'
  | 'entries'
  | 'read'
  | 'expunge'
  | 'hasRoom'
  | 'write'
  | 'commit'
  | 'undelete'
  | 'purge';

export interface StoreFault {
  readonly method: FaultyMethod;
  /** Which call of the method fails, the first being 1, all maildrops and deliveries together. */
  readonly call: number;
  /** The kind of StoreError, or `unforeseen`: an Error that is none, as a bug or a driver would throw it. */
  readonly failure: StoreErrorKind | 'unforeseen';
  /** Throws before the method returns, where it may; otherwise the promise rejects a turn later. */
  readonly atOnce?: boolean;
}

/** A {@link Store} that fails once, at one call, and otherwise does as the store behind it. */
export class FaultyStore implements Store {
  readonly #store: Store;
  readonly #fault: StoreFault;
  #calls = 0;

  constructor(store: Store, fault: StoreFault) {
    this.#store = store;
    this.#fault = fault;
  }

  /** How often the method that fails was called: whether the fault came to pass. */
  get calls(): number {
    return this.#calls;
  }

  openMaildrop(name: string): MaybePromise<Maildrop> {
    return this.#through('openMaildrop', async () => this.#faultyMaildrop(await this.#store.openMaildrop(name)));
  }

  /** There is always room in a store that cannot tell. */
  hasRoom(octets: number): MaybePromise<boolean> {
    return this.#through('hasRoom', () => this.#store.hasRoom?.(octets) ?? true);
  }

  /** Each recipient gets a delivery of his own, so that one can fail while the others get their letter. */
  beginDelivery(envelope: Envelope): Delivery {
    const deliveries = new Map<string, Delivery>();
    for (const recipient of envelope.recipients) {
      if (deliveries.has(recipient.maildrop)) continue;
      deliveries.set(recipient.maildrop, this.#store.beginDelivery({ ...envelope, recipients: [recipient] }));
    }
    let failure: StoreError | undefined;
    const abort = async () => {
      for (const delivery of deliveries.values()) await delivery.abort();
    };
    return {
      write: (octets) => {
        if (failure) return;
        return this.#through(
          'write',
          async () => {
            for (const delivery of deliveries.values()) await delivery.write(octets);
          },
          (error) => {
            failure = StoreError.from(error);
          },
        );
      },
      commit: () => {
        if (failure) void abort();
        const answers = new Map<string, Promise<Placed | StoreError>>();
        for (const [maildrop, delivery] of deliveries) {
          answers.set(maildrop, failure ? Promise.resolve(failure) : this.#commit(delivery));
        }
        return envelope.recipients.map(({ maildrop }) => answers.get(maildrop) as Promise<Placed | StoreError>);
      },
      abort,
    };
  }

  undelete(name: string, choice: UndeleteChoice, by: Actor): Promise<number> {
    return Promise.resolve(this.#through('undelete', () => this.#store.undelete(name, choice, by)));
  }

  purge(before: number): Promise<number> {
    return Promise.resolve(this.#through('purge', () => this.#store.purge(before)));
  }

  #faultyMaildrop(maildrop: Maildrop): Maildrop {
    return {
      count: maildrop.count,
      octets: maildrop.octets,
      entries: (from, to) => this.#through<readonly Entry[]>('entries', () => maildrop.entries(from, to)),
      read: (number, from) => this.#through('read', () => maildrop.read(number, from)),
      expunge: async (numbers, by) => this.#through('expunge', () => maildrop.expunge(numbers, by)),
      close: () => maildrop.close(),
    };
  }

  async #commit(delivery: Delivery): Promise<Placed | StoreError> {
    const failure = this.#failureOf('commit');
    if (!failure) return (await delivery.commit()[0]) ?? new StoreError('temporary', 'no answer');
    await delivery.abort();
    return StoreError.from(failure);
  }

  #through<T>(method: FaultyMethod, call: () => MaybePromise<T>, onFailure?: (error: Error) => void): MaybePromise<T> {
    const failure = this.#failureOf(method);
    if (!failure) return call();
    onFailure?.(failure);
    if (this.#fault.atOnce) throw failure;
    return new Promise((_, reject) => setImmediate(reject, failure));
  }

  #failureOf(method: FaultyMethod): Error | undefined {
    const { method: faulty, call, failure } = this.#fault;
    if (method !== faulty) return undefined;
    this.#calls += 1;
    if (this.#calls !== call) return undefined;
    const message = `planted: call ${call} of ${method} fails`;
    return failure === 'unforeseen' ? new TypeError(message) : new StoreError(failure, message);
  }
}
