import { groupsOf } from '../maildrop/groups.ts';
import type { Actor, Entry, Maildrop, MaybePromise } from '../maildrop/maildrop.ts';
import type { Delivery, Envelope, Placed, Reservation, Store, UndeleteChoice } from '../maildrop/store.ts';
import { StoreError, type StoreErrorKind } from '../maildrop/store-error.ts';

/** The methods of a store, its maildrops, deliveries and reservations that can fail. `commit` is counted by mailbox. */
export type FaultyMethod =
  | 'openMaildrop'
  | 'entries'
  | 'read'
  | 'expunge'
  | 'hasRoom'
  | 'hold'
  | 'write'
  | 'commit'
  | 'undelete'
  | 'purge';

/** What fails, when, and how. */
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

  reserve(octets: number): Reservation {
    const reservation = this.#store.reserve?.(octets);
    return {
      hold: (maildrop) => {
        const failure = this.#failureOf('hold');
        if (failure && !(failure instanceof StoreError)) throw failure;
        // It is an answer, no exception.
        return failure ?? reservation?.hold(maildrop);
      },
      release: () => reservation?.release(),
    };
  }

  /** A mailbox whose commit fails takes its group with it; the others get their letter. */
  beginDelivery(envelope: Envelope): Delivery {
    const delivery = this.#store.beginDelivery(envelope);
    const written: Uint8Array[] = [];
    let failure: StoreError | undefined;
    return {
      write: (octets) => {
        if (failure) return;
        if (this.#fault.method === 'commit') written.push(Uint8Array.from(octets));
        return this.#through(
          'write',
          () => delivery.write(octets),
          (error) => {
            failure = StoreError.from(error);
          },
        );
      },
      commit: () => {
        if (failure) {
          const answer = Promise.resolve(failure);
          void delivery.abort();
          return envelope.recipients.map(() => answer);
        }
        const refused = this.#refused(envelope);
        return refused.size === 0 ? delivery.commit() : this.#commitOthers(envelope, delivery, written, refused);
      },
      abort: () => delivery.abort(),
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

  /** Which groups do not get the letter, and why. */
  #refused({ recipients }: Envelope): ReadonlyMap<number, StoreError> {
    const groups = groupsOf(recipients);
    const failures = new Map<string, Error | undefined>();
    const refused = new Map<number, StoreError>();
    for (const [index, { maildrop }] of recipients.entries()) {
      if (!failures.has(maildrop)) failures.set(maildrop, this.#failureOf('commit'));
      const failure = failures.get(maildrop);
      const group = groups[index] ?? 0;
      if (failure && !refused.has(group)) refused.set(group, StoreError.from(failure));
    }
    return refused;
  }

  #commitOthers(
    envelope: Envelope,
    delivery: Delivery,
    written: readonly Uint8Array[],
    refused: ReadonlyMap<number, StoreError>,
  ): Promise<Placed | StoreError>[] {
    const groups = groupsOf(envelope.recipients);
    const recipients = envelope.recipients.filter((_, index) => !refused.has(groups[index] ?? 0));
    const answers = this.#deliver({ ...envelope, recipients }, delivery, written);
    let next = 0;
    return groups.map((group) => {
      const failure = refused.get(group);
      if (failure) return Promise.resolve(failure);
      const place = next;
      next += 1;
      return answers.then((all) => all[place] ?? new StoreError('temporary', 'no answer'));
    });
  }

  /** The same letter, instead of the delivery that was begun for all. */
  async #deliver(
    envelope: Envelope,
    begun: Delivery,
    written: readonly Uint8Array[],
  ): Promise<readonly (Placed | StoreError)[]> {
    await begun.abort();
    const delivery = this.#store.beginDelivery(envelope);
    for (const octets of written) await delivery.write(octets);
    return Promise.all(delivery.commit());
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
