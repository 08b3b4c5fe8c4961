import { type Delivery, type MaybePromise, type Placed, type Store, StoreError } from '@restante/pop/maildrop';
import type { LetterFaults, Transaction, TransactionRecipient } from './effects.ts';
import { LineEnds } from './line-ends.ts';
import { hasBeenAt, LetterHead, MOST_HOPS, whereabouts } from './loops.ts';
import { type Outcome, outcomeOf, refused } from './outcome.ts';
import { type Trace, traceFields } from './trace-fields.ts';

export interface ReceptionOptions {
  readonly store: Pick<Store, 'beginDelivery'>;
  /** Most octets of a letter, trace fields not counted. */
  readonly letterLimit: number;
  /** What becomes of a CR or LF that stands alone (SM-21): the letter is refused, or it is made a CRLF. */
  readonly bareLineEnds: 'refuse' | 'normalise';
  /** Whether all recipients get the letter or none does, since one reply has to be true for each of them (SM-33). */
  readonly together: boolean;
  readonly trace: Omit<Trace, 'returnPath' | 'hello' | 'only'>;
}

/**
 * One letter on its way from the wire to the store: its octets in order, un-stuffed, then its end. Holds the letter's
 * head and nothing else. The outcome does not depend on how the octets are cut.
 */
export class Reception {
  readonly #transaction: Transaction;
  readonly #options: ReceptionOptions;
  readonly #lineEnds: LineEnds | undefined;
  #head: LetterHead | undefined = new LetterHead();
  #delivery: Delivery | undefined;
  /** Those whom the delivery is for: all but those who are in a loop. */
  #bound: readonly TransactionRecipient[] = [];
  /** Where those lead, each once, with the first who leads there: what is delivered there is the same for all of them. */
  #lists: ReadonlyMap<readonly string[], TransactionRecipient> = new Map();
  #octets = 0;
  /** The last of them. */
  #last = LF;
  /** Set when nothing of the letter will be kept: what still comes is dropped. */
  #dropped: Outcome | undefined;

  constructor(transaction: Transaction, options: ReceptionOptions) {
    this.#transaction = transaction;
    this.#options = options;
    this.#lineEnds =
      options.bareLineEnds === 'normalise' && !transaction.parameters.bareCr ? new LineEnds() : undefined;
  }

  /** Octets taken so far, those dropped too. */
  get octets(): number {
    return this.#octets;
  }

  /** Whether nothing of the letter will be kept, as far as is known without its faults. */
  get dropped(): boolean {
    return this.#dropped !== undefined;
  }

  /** Whether a letter with these faults is refused, whatever else comes. */
  isRefused(faults: LetterFaults): boolean {
    return this.#fault(faults) !== undefined;
  }

  /** Takes the next octets; wait for the promise before the next call. Never throws nor rejects. */
  write(octets: Buffer): MaybePromise<void> {
    const next = this.#lineEnds === undefined ? octets : this.#lineEnds.mend(octets);
    const fits = this.#octets + next.length <= this.#options.letterLimit;
    if (!fits && this.#dropped === undefined) this.#drop(this.#tooLarge());
    return this.#take(next);
  }

  #take(octets: Buffer): MaybePromise<void> {
    let next = octets;
    this.#octets += next.length;
    if (this.#dropped !== undefined || next.length === 0) return;
    this.#last = next[next.length - 1] as number;
    if (this.#head !== undefined) {
      const held = this.#head.take(next);
      if (held === undefined) return;
      this.#open(held.octets.subarray(0, held.head));
      next = held.octets;
    }
    return this.#pass(next);
  }

  /** The letter is whole. The outcomes, one for each recipient, in order. Never throws nor rejects. */
  end(faults: LetterFaults): MaybePromise<readonly MaybePromise<Outcome>[]> {
    const fault = this.#fault(faults);
    if (fault !== undefined) this.#drop(fault);
    const taken = this.#take(this.#missing());
    return taken instanceof Promise ? taken.then(() => this.#finish()) : this.#finish();
  }

  /** What is left of the letter's last line: one that came in chunks may end inside a line, and is kept in whole ones. */
  #missing(): Buffer {
    const held = this.#lineEnds?.end() ?? NOTHING;
    return held.length > 0 || this.#last === LF ? held : CRLF;
  }

  #finish(): MaybePromise<readonly MaybePromise<Outcome>[]> {
    if (this.#head !== undefined && this.#dropped === undefined) {
      const octets = this.#head.rest();
      this.#open(octets);
      const written = octets.length > 0 ? this.#pass(octets) : undefined;
      if (written instanceof Promise) return written.then(() => this.#commit());
    }
    return this.#commit();
  }

  /** Nothing of the letter is to be kept: it will never be whole, or is known to be faulty. */
  abort(): void {
    this.#drop(refused('temporary', 'broken off'));
  }

  #tooLarge(): Outcome {
    return refused('too-large', `more than ${this.#options.letterLimit} octets`);
  }

  /** A fault of the whole letter, in a fixed order: which one is met first is a matter of how the octets were cut. */
  #fault(faults: LetterFaults): Outcome | undefined {
    if (faults.bareLineEnd && this.#lineEnds === undefined) return BARE_LINE_END;
    if (faults.nul) return NUL;
    return faults.tooLarge ? this.#tooLarge() : undefined;
  }

  /**
   * The head is known: those in a loop are left out, and the rest of the letter goes to the others. Where all share one
   * reply, one of them in a loop refuses it for all: 250 would take the duty on us to tell the sender about that one
   * (SM-31), and a 554 tells all of it.
   */
  #open(head: Buffer): void {
    this.#head = undefined;
    const places = whereabouts(head);
    const { together } = this.#options;
    const { recipients, returnPath, hello, parameters } = this.#transaction;
    if (places.hops > MOST_HOPS) {
      this.#dropped = refused('hops', `${places.hops} Received fields`);
      return;
    }
    this.#bound = recipients.filter(({ path }) => !hasBeenAt(places, path.text));
    if (this.#bound.length === 0) return;
    if (together && this.#bound.length < recipients.length) {
      this.#dropped = LOOP;
      return;
    }
    this.#lists = firsts(this.#bound);
    const trace: Trace = {
      ...this.#options.trace,
      returnPath: returnPath.text,
      hello,
      only: recipients.length === 1,
    };
    this.#delivery = this.#options.store.beginDelivery({
      returnPath: returnPath.text,
      recipients: [...this.#lists.values()].flatMap(({ path, maildrops }, index) => {
        const fields = Buffer.from(traceFields(trace, path.text), 'latin1');
        const alone = maildrops.length === 1 && !(together && this.#lists.size > 1);
        const group = together ? 0 : index;
        return maildrops.map((maildrop) => ({ maildrop, trace: fields, ...(!alone && { group }) }));
      }),
      ...(parameters.size !== undefined && { declaredOctets: parameters.size }),
    });
  }

  #pass(octets: Buffer): MaybePromise<void> {
    if (this.#delivery === undefined) return;
    try {
      const written = this.#delivery.write(octets);
      return written instanceof Promise ? written.catch((thrown) => this.#fail(thrown)) : written;
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #fail(thrown: unknown): void {
    this.#drop(failed(thrown));
  }

  #drop(outcome: Outcome): void {
    this.#dropped = outcome;
    this.#head = undefined;
    const delivery = this.#delivery;
    this.#delivery = undefined;
    // A store that cannot even drop it has promised nothing about it, and neither have we.
    delivery?.abort().catch(() => {});
  }

  #commit(): readonly MaybePromise<Outcome>[] {
    const dropped = this.#dropped;
    if (dropped !== undefined) return this.#transaction.recipients.map(() => dropped);
    const answers = this.#answers();
    let next = 0;
    return this.#transaction.recipients.map((recipient) =>
      recipient === this.#bound[next] ? (answers[next++] as MaybePromise<Outcome>) : LOOP,
    );
  }

  /** What the store answers for each of those whom the delivery is for. */
  #answers(): readonly MaybePromise<Outcome>[] {
    const delivery = this.#delivery;
    if (delivery === undefined) return [];
    this.#delivery = undefined;
    try {
      const answers = delivery.commit();
      const outcomes = new Map<readonly string[], Promise<Outcome>>();
      let next = 0;
      for (const maildrops of this.#lists.keys()) {
        const ofThese = answers.slice(next, next + maildrops.length);
        next += maildrops.length;
        const whole = (all: readonly (Placed | StoreError)[]) =>
          all.length < maildrops.length ? NO_ANSWER : outcomeOf(all);
        outcomes.set(maildrops, Promise.all(ofThese).then(whole, failed));
      }
      return this.#bound.map(({ maildrops }) => outcomes.get(maildrops) ?? NO_ANSWER);
    } catch (thrown) {
      return this.#bound.map(() => failed(thrown));
    }
  }
}

/** For each list of mailboxes the first recipient who has it. */
function firsts(recipients: readonly TransactionRecipient[]): Map<readonly string[], TransactionRecipient> {
  const lists = new Map<readonly string[], TransactionRecipient>();
  for (const recipient of recipients) {
    if (!lists.has(recipient.maildrops)) lists.set(recipient.maildrops, recipient);
  }
  return lists;
}

function failed(thrown: unknown): Outcome {
  return outcomeOf([StoreError.from(thrown)]);
}

const LF = 0x0a;
const CRLF = Buffer.from('\r\n');
const NOTHING = Buffer.alloc(0);
const BARE_LINE_END = refused('bare-line-end', 'a CR or LF stands alone');
const NUL = refused('nul', 'a NUL octet');
const LOOP = refused('loop', 'a Delivered-To field names this recipient');
const NO_ANSWER = refused('temporary', 'the store gave no answer for this recipient');
