import { setImmediate } from 'node:timers/promises';
import type { Actor, Entry, Fetched, Leaving, Maildrop, MaybePromise } from '../maildrop/maildrop.ts';
import { StoreError, type StoreErrorKind } from '../maildrop/store-error.ts';

/** What goes wrong: a StoreError of this kind, or (`bug`) an error that no store should hand out. */
export type Fault = StoreErrorKind | 'bug';

/** What is wrong with a maildrop. It may be changed while the maildrop is in use: the next call goes by it. */
export interface MaildropFaults {
  /** Entries beyond message-number `after` cannot be had. */
  entries?: { readonly fault: Fault; readonly after: number };
  /** Octets of this letter beyond `after` cannot be had. */
  read?: { readonly number: number; readonly fault: Fault; readonly after: number };
  /** Nothing can be removed; or all but these can. */
  expunge?: Fault | { readonly notRemoved: readonly number[] };
  /** Whether everything is answered by a promise, in a later turn; otherwise as the maildrop beneath does. */
  later?: boolean;
}

/** A maildrop that does what the one beneath does, until something is wrong with it. */
export class FaultyMaildrop implements Maildrop {
  readonly #maildrop: Maildrop;
  readonly #faults: MaildropFaults;
  #open = true;

  constructor(maildrop: Maildrop, faults: MaildropFaults) {
    this.#maildrop = maildrop;
    this.#faults = faults;
  }

  get count(): number {
    return this.#maildrop.count;
  }

  get octets(): number {
    return this.#maildrop.octets;
  }

  /** Whether the snapshot has not been let go of. */
  get open(): boolean {
    return this.#open;
  }

  entries(from: number, to: number): MaybePromise<readonly Entry[]> {
    const { entries } = this.#faults;
    return this.#answer(() => {
      if (entries === undefined) return this.#maildrop.entries(from, to);
      if (from > entries.after) throw failure(entries.fault, `no entry beyond ${entries.after}`);
      return this.#maildrop.entries(from, Math.min(to, entries.after));
    });
  }

  read(number: number, from: number): MaybePromise<Uint8Array> {
    const { read } = this.#faults;
    return this.#answer(() => {
      if (read === undefined || read.number !== number) return this.#maildrop.read(number, from);
      if (from >= read.after) throw failure(read.fault, `letter ${number} is unreadable beyond octet ${read.after}`);
      const octets = this.#maildrop.read(number, from);
      const cut = (slice: Uint8Array) => slice.subarray(0, read.after - from);
      return octets instanceof Promise ? octets.then(cut) : cut(octets);
    });
  }

  async expunge(
    numbers: readonly number[],
    by: Actor,
    fetched?: Fetched,
  ): Promise<{ readonly notRemoved: readonly number[] }> {
    const { expunge } = this.#faults;
    if (expunge === undefined) return this.#answer(() => this.#maildrop.expunge(numbers, by, fetched));
    if (typeof expunge === 'string') throw failure(expunge, 'nothing can be removed');
    const notRemoved = numbers.filter((number) => expunge.notRemoved.includes(number));
    const removed = await this.#maildrop.expunge(
      numbers.filter((number) => !notRemoved.includes(number)),
      by,
      fetched,
    );
    return { notRemoved: [...notRemoved, ...removed.notRemoved] };
  }

  close(leaving?: Leaving): void {
    this.#open = false;
    this.#maildrop.close(leaving);
  }

  #answer<T>(call: () => MaybePromise<T>): MaybePromise<T> {
    if (!this.#open) throw new Error('a maildrop is used after it was closed');
    return this.#faults.later ? inALaterTurn(call) : call();
  }
}

/** Answers by a promise, some turns of the event loop from now. */
export async function inALaterTurn<T>(call: () => MaybePromise<T>): Promise<T> {
  await setImmediate();
  return call();
}

/** The error that a fault stands for. */
export function failure(fault: Fault, message: string): Error {
  return fault === 'bug' ? new TypeError(message) : new StoreError(fault, message);
}
