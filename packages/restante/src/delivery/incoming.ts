import type { MaybePromise } from '@restante/pop/maildrop';
import type { Clock, Peer } from '@restante/pop/server';
import type { LetterFaults, Transaction } from './effects.ts';
import type { HeldRoom } from './held-room.ts';
import type { Outcome } from './outcome.ts';
import type { Protocol } from './protocol.ts';
import { Reception, type ReceptionOptions } from './reception.ts';
import type { DeliveryReport } from './report.ts';

export interface IncomingOptions extends Omit<ReceptionOptions, 'trace' | 'together'> {
  readonly protocol: Protocol;
  readonly hostname: string;
  readonly peer: Peer;
  /** The session's id, unique on this server. */
  readonly session: string;
  /** Kept for it until its outcomes are known. */
  readonly room?: HeldRoom;
}

/** A letter from DATA or its first chunk to its last outcome. */
export class Incoming {
  readonly #transaction: Transaction;
  readonly #options: IncomingOptions;
  readonly #id: string;
  readonly #since: number;
  readonly #reception: Reception;
  /** What became of it, by recipient, as far as it is known. */
  readonly #known: (Outcome | undefined)[] = [];
  /** Each resolves when its recipient's outcome is known. */
  #knowing: readonly MaybePromise<void>[] | undefined;
  /** Recipients whose outcomes were told. */
  #told = 0;

  constructor(transaction: Transaction, clock: Clock, options: IncomingOptions) {
    const { peer, hostname, session } = options;
    this.#transaction = transaction;
    this.#options = options;
    this.#since = clock.monotonic();
    this.#id = `${session}-${transaction.number}`;
    this.#reception = new Reception(transaction, {
      store: options.store,
      letterLimit: options.letterLimit,
      bareLineEnds: options.bareLineEnds,
      together: options.protocol.replies === 'one',
      trace: {
        hostname,
        protocol: transaction.with,
        ...(peer.tls !== undefined && { cipher: peer.tls.cipher }),
        id: this.#id,
        at: clock.now(),
        ...(peer.address !== 'local' && { address: peer.address }),
      },
    });
  }

  /** Whether its end has been seen. */
  get ended(): boolean {
    return this.#knowing !== undefined;
  }

  /** Takes its next octets; wait for the promise before the next call. Answers whether it is refused by now. */
  write(octets: Buffer, faults: LetterFaults): MaybePromise<boolean> {
    const reception = this.#reception;
    // What is refused in the end takes no room on the disk until then.
    if (reception.isRefused(faults)) reception.abort();
    const written = reception.write(octets);
    return written instanceof Promise ? written.then(() => reception.dropped) : reception.dropped;
  }

  /** It is whole, or refused by now. Resolves when the store has been asked to keep it. */
  end(faults: LetterFaults): MaybePromise<void> {
    this.#knowing = [];
    const outcomes = this.#reception.end(faults);
    if (outcomes instanceof Promise) return outcomes.then((answers) => this.#listen(answers));
    this.#listen(outcomes);
  }

  /** The outcomes of the next recipients, in order: of as many as is known, of one at least. */
  next(): MaybePromise<readonly Outcome[]> {
    const knowing = this.#knowing?.[this.#told];
    return knowing instanceof Promise && this.#known[this.#told] === undefined
      ? knowing.then(() => this.#next())
      : this.#next();
  }

  /** Resolves to all outcomes. */
  async whole(): Promise<readonly Outcome[]> {
    await Promise.all(this.#knowing ?? []);
    this.#options.room?.release();
    return this.#known.filter((outcome) => outcome !== undefined);
  }

  /** The rest will not come, so nothing of it is delivered. */
  abort(): void {
    this.#reception.abort();
    this.#options.room?.release();
  }

  report(outcomes: readonly Outcome[], clock: Clock): DeliveryReport {
    const { hello, with: by, returnPath, recipients } = this.#transaction;
    return {
      session: this.#options.session,
      id: this.#id,
      peer: this.#options.peer,
      hello,
      with: by,
      returnPath: returnPath.text,
      recipients: recipients.flatMap(({ path, ...led }, index) => {
        const outcome = outcomes[index];
        return outcome === undefined ? [] : [{ address: path.text, ...led, outcome }];
      }),
      octets: this.#reception.octets,
      milliseconds: clock.monotonic() - this.#since,
    };
  }

  #listen(outcomes: readonly MaybePromise<Outcome>[]): void {
    this.#knowing = outcomes.map((outcome, index) => {
      if (!(outcome instanceof Promise)) {
        this.#known[index] = outcome;
        return undefined;
      }
      return outcome.then((known) => {
        this.#known[index] = known;
      });
    });
  }

  #next(): readonly Outcome[] {
    const outcomes: Outcome[] = [];
    for (let outcome = this.#known[this.#told]; outcome !== undefined; outcome = this.#known[this.#told]) {
      outcomes.push(outcome);
      this.#told += 1;
    }
    return outcomes;
  }
}
