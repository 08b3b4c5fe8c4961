import type { MaybePromise, Store } from '@restante/pop/maildrop';
import type { Clock, Peer } from '@restante/pop/server';
import { Unstuffer } from '@restante/pop/wire';
import type { Outcome } from './outcome.ts';
import { type LetterFaults, Reception } from './reception.ts';
import type { DeliveryReport, RecipientReport } from './report.ts';
import type { Transaction } from './session.ts';

export interface IncomingOptions {
  readonly store: Pick<Store, 'beginDelivery'>;
  readonly hostname: string;
  readonly limits: { readonly letter: number };
  readonly clock: Clock;
  readonly bareLineEnds: 'refuse' | 'normalise';
}

/** A letter that is coming in behind DATA: from stuffed octets to outcomes. */
export class Incoming {
  readonly #session: string;
  readonly #id: string;
  readonly #peer: Peer;
  readonly #transaction: Transaction;
  readonly #clock: Clock;
  readonly #since: number;
  readonly #unstuffer = new Unstuffer();
  readonly #reception: Reception;

  /** `session` is the session's id, unique on this server. */
  constructor(session: string, peer: Peer, transaction: Transaction, options: IncomingOptions) {
    this.#session = session;
    this.#id = `${session}-${transaction.number}`;
    this.#peer = peer;
    this.#transaction = transaction;
    this.#clock = options.clock;
    this.#since = options.clock.now();
    this.#reception = new Reception(transaction, {
      store: options.store,
      letterLimit: options.limits.letter,
      bareLineEnds: options.bareLineEnds,
      trace: {
        hostname: options.hostname,
        protocol: 'LMTP',
        id: this.#id,
        at: this.#since,
        ...(peer.address !== 'local' && { address: peer.address }),
      },
    });
  }

  /** Whether its end has come (SM-20). */
  get ended(): boolean {
    return this.#unstuffer.ended;
  }

  /** Takes octets as they came; wait for the promise before the next call. */
  take(chunk: Buffer): MaybePromise<void> {
    const octets = this.#unstuffer.unstuff(chunk);
    // What is refused in the end takes no room on the disk until then.
    if (this.#reception.isRefused(this.#faults())) this.#reception.abort();
    return octets.length > 0 ? this.#reception.write(octets) : undefined;
  }

  /** What came behind its end: the next command's. */
  takeRest(): Buffer {
    return this.#unstuffer.takeRest();
  }

  /** The outcomes, one for each recipient, in order; none rejects. To be asked once, when it has ended. */
  outcomes(): MaybePromise<readonly MaybePromise<Outcome>[]> {
    return this.#reception.end(this.#faults());
  }

  /** The rest will not come, so nothing of it is delivered. */
  abort(): void {
    this.#reception.abort();
  }

  report(outcomes: readonly Outcome[]): DeliveryReport {
    const { hello, returnPath, recipients } = this.#transaction;
    return {
      session: this.#session,
      id: this.#id,
      peer: this.#peer,
      hello,
      returnPath: returnPath.text,
      recipients: outcomes.map((outcome, index): RecipientReport => {
        const recipient = recipients[index];
        return { address: recipient?.path.text ?? '', maildrop: recipient?.maildrop ?? '', outcome };
      }),
      octets: this.#reception.octets,
      milliseconds: this.#clock.now() - this.#since,
    };
  }

  #faults(): LetterFaults {
    const { bareCarriageReturn, bareLineFeed, nul } = this.#unstuffer.findings;
    return { bareLineEnd: bareCarriageReturn !== undefined || bareLineFeed !== undefined, nul: nul !== undefined };
  }
}
