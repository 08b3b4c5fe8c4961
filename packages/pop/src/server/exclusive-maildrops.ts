import type { Maildrop, MaybePromise } from '../maildrop/maildrop.ts';
import { StoreError } from '../maildrop/store-error.ts';
import type { Clock } from './clock.ts';
import type { Visit } from './pop3-options.ts';

export interface ExclusiveOptions {
  readonly clock: Clock;
  /**
   * How long who comes second waits for the maildrop, in milliseconds, before the answer is [IN-USE]: many clients call
   * again as soon as they have quit.
   */
  readonly patience: number;
}

/** How often who waits looks whether the session that is there has come to its end, in milliseconds. */
const LOOK = 100;

/** Sessions that wait for one maildrop; further ones are told at once. */
const WAITING = 16;

interface Holder {
  readonly visit: Visit;
  readonly released: Promise<void>;
  release(): void;
}

/**
 * One session at a time in a maildrop (P3-21, RFC 1939 §4), for who wants that: a maildrop that several readers work off as a
 * queue. For `openMaildrop`, which is asked only when the credentials are good (EXT-17). One for all of a process.
 *
 * Nobody is locked out by a session that is dead. What can be known of one: its connection has ended, or is about to, and nothing is under
 * way in it. A peer that began anew, or is gone, is found out by the network, which is asked as soon as somebody waits. And a session
 * that stays silent while the same client (login, device and address) logs in again is one that its client has lost: it is ended, without UPDATE.
 */
export class ExclusiveMaildrops {
  readonly #options: ExclusiveOptions;
  readonly #holders = new Map<string, Holder>();
  readonly #waiting = new Map<string, number>();

  constructor(options: ExclusiveOptions) {
    this.#options = options;
  }

  /**
   * Opens the maildrop for this session alone, which gives it back by closing it. Throws, or rejects with, a StoreError `in-use`,
   * or what `open` throws.
   */
  open(maildrop: string, visit: Visit, open: () => MaybePromise<Maildrop>): MaybePromise<Maildrop> {
    const holder = this.#holders.get(maildrop);
    if (holder !== undefined && !isOver(holder)) {
      return this.#wait(maildrop, visit).then((release) => opened(open, release));
    }
    return opened(open, this.#hold(maildrop, visit));
  }

  #hold(maildrop: string, visit: Visit): () => void {
    const { promise: released, resolve } = Promise.withResolvers<void>();
    const release = (): void => {
      if (this.#holders.get(maildrop) === holder) this.#holders.delete(maildrop);
      resolve();
    };
    const holder: Holder = { visit, released, release };
    this.#holders.set(maildrop, holder);
    return release;
  }

  async #wait(maildrop: string, visit: Visit): Promise<() => void> {
    const waiting = this.#waiting.get(maildrop) ?? 0;
    if (waiting >= WAITING) throw inUse(maildrop);
    this.#waiting.set(maildrop, waiting + 1);
    try {
      return await this.#taken(maildrop, visit);
    } finally {
      const left = (this.#waiting.get(maildrop) ?? 1) - 1;
      if (left > 0) this.#waiting.set(maildrop, left);
      else this.#waiting.delete(maildrop);
    }
  }

  async #taken(maildrop: string, visit: Visit): Promise<() => void> {
    const { clock, patience } = this.#options;
    const until = clock.monotonic() + patience;
    const first = this.#holders.get(maildrop);
    const activity = first?.visit.handle.activity;
    first?.visit.handle.probe();
    for (;;) {
      const holder = this.#holders.get(maildrop);
      if (visit.handle.over) throw inUse(maildrop);
      if (holder === undefined || isOver(holder)) return this.#hold(maildrop, visit);
      const left = until - clock.monotonic();
      if (left <= 0) {
        const { handle } = holder.visit;
        const silent = holder === first && handle.activity === activity && !handle.busy;
        if (!silent || !isSameClient(holder.visit, visit)) throw inUse(maildrop);
        handle.end();
        return this.#hold(maildrop, visit);
      }
      await this.#moment(holder, Math.min(left, LOOK));
    }
  }

  /** Until the holder lets go, or for a while. */
  #moment(holder: Holder, milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#options.clock.set(resolve, milliseconds);
    void holder.released.then(() => {
      timer.clear();
      resolve();
    });
    return promise;
  }
}

/** What was opened, and is given back when it is closed, or at once if it could not be. */
function opened(open: () => MaybePromise<Maildrop>, release: () => void): MaybePromise<Maildrop> {
  const failed = (thrown: unknown): never => {
    release();
    throw thrown;
  };
  try {
    const maildrop = open();
    return maildrop instanceof Promise
      ? maildrop.then((each) => givenBack(each, release), failed)
      : givenBack(maildrop, release);
  } catch (thrown) {
    return failed(thrown);
  }
}

function givenBack(maildrop: Maildrop, release: () => void): Maildrop {
  const { count, octets } = maildrop;
  return {
    count,
    octets,
    entries: (from, to) => maildrop.entries(from, to),
    read: (number, from) => maildrop.read(number, from),
    expunge: (...asked) => maildrop.expunge(...asked),
    close: (...told) => {
      maildrop.close(...told);
      release();
    },
  };
}

function isOver({ visit: { handle } }: Holder): boolean {
  return handle.over && !handle.busy;
}

function isSameClient(one: Visit, other: Visit): boolean {
  return one.login === other.login && one.device === other.device && one.peer.address === other.peer.address;
}

function inUse(maildrop: string): StoreError {
  return new StoreError('in-use', `another session has the maildrop ${maildrop}`);
}
