import { messageNumber, type Pop3Client, Pop3Error, Retrieval } from '@restante/pop/client';
import { mailboxKey } from '../account.ts';
import type { Destination, IncomingLetter, Stage } from '../destinations/destination.ts';
import type { KnownByOctets } from '../plan/known-by-octets.ts';
import type { Step } from '../plan/plan.ts';
import type { Batches } from './batches.ts';
import { Broken, blame } from './blame.ts';
import type { Books } from './books.ts';
import type { Deleting } from './deleting.ts';
import { Ending } from './ending.ts';
import { keepAlive } from './keep-alive.ts';
import { LetterReader } from './letter-reader.ts';
import { PatientStage } from './patient-stage.ts';
import { NotTaken, taken } from './reading.ts';
import { type FetchStep, StepsAhead } from './steps-ahead.ts';
import type { Stop } from './stop.ts';

/** More letters are asked for when no more than so many are under way. */
const FEW = 32;
/** Letters in a row that the server cannot send just now, before it is left alone. */
const MOST_REFUSALS = 3;
/** …and such in a row as it will not send: by then it is the server that cannot, and not the letters. */
const MOST_REFUSED = 50;
/** Octets between two events of progress inside a letter. */
const PROGRESS = 1024 * 1024;

/** A letter that was asked for. */
interface Opened {
  readonly step: FetchStep;
  readonly incoming: IncomingLetter;
  /** The letter on its way, or its header. */
  readonly source: Retrieval | Promise<Buffer>;
}

/** What fetching works with, in one session. */
export interface FetchingParts {
  readonly client: Pop3Client;
  readonly books: Books;
  readonly destination: Destination;
  readonly batches: Batches;
  readonly deleting: Deleting;
  readonly known: KnownByOctets;
  readonly stop: Stop;
}

/**
 * Carries out a plan's steps. Letters are asked for ahead of those that are read, and read in order, one at a time, into
 * the destination's stage. What is wrong with one letter stays with it.
 */
export class Fetching {
  readonly #parts: FetchingParts;
  readonly #ahead: StepsAhead;
  readonly #reader: LetterReader;
  readonly #mailbox: string;
  /** In the order in which they come; the first one may be half read. */
  readonly #open: Opened[] = [];
  /** Whether the letter that was asked for last has been in trouble before. */
  #alone = false;
  /** Letters in a row that were refused, and those among them that were refused for now. */
  #refused = 0;
  #refusals = 0;
  #letters = 0;
  #octets = 0;
  #told = 0;

  constructor(parts: FetchingParts, steps: readonly Step[]) {
    const { books } = parts;
    this.#parts = parts;
    this.#ahead = new StepsAhead(steps, (key) => (books.letter(key)?.attempts ?? 0) > 0);
    this.#reader = new LetterReader({ ...parts, came: (octets) => this.#came(octets) });
    this.#mailbox = mailboxKey(books.account);
  }

  /**
   * Goes as far as a `commit` step, or to the end, or until it is asked to stop. Rejects with {@link Broken} or an
   * {@link Ending}; whatever was under way then is wanted again.
   */
  async run(): Promise<void> {
    const { stop, batches } = this.#parts;
    const forget = stop.onAsked(() => {
      for (const { source } of this.#open) leave(source);
    });
    try {
      while (!stop.asked) {
        await this.#fill();
        const [first] = this.#open;
        if (first === undefined) return;
        if (stop.asked) break;
        await this.#read(first);
        if (batches.ending !== undefined) throw batches.ending;
      }
    } finally {
      forget();
      this.#letGo();
    }
  }

  /** Asks for more letters, when few are under way and those that came can be placed. */
  async #fill(): Promise<void> {
    if (this.#open.length > FEW) return;
    const { batches, deleting, stop } = this.#parts;
    if (batches.full) {
      // What was asked for is read first, whatever becomes of it: a letter left half read would let the server wait.
      if (this.#open.length > 0) return;
      await this.#idle(batches.room());
    }
    const { fetches, deletes, alone } = this.#ahead.take(this.#open);
    if (deletes.length > 0) deleting.earlier(deletes);
    if (fetches.length === 0) return;
    // If it is this letter that our process dies of, no other may be under suspicion.
    if (alone || this.#alone) await this.#idle(batches.settled());
    this.#alone = alone;
    if (!stop.asked) this.#ask(fetches);
  }

  #ask(fetches: readonly FetchStep[]): void {
    const { books, client } = this.#parts;
    books.write(fetches.map(({ key }) => ({ type: 'fetching', key })));
    for (const step of fetches) {
      const { key, letter, part } = step;
      const number = messageNumber(letter.number);
      const source = part === 'whole' ? client.retrieve(number) : client.top(number, 0);
      // Whoever reads it hears of it; it may be nobody.
      if (source instanceof Promise) source.catch(() => {});
      const listed = books.letter(key)?.listed ?? books.clock.now();
      const incoming = { mailbox: this.#mailbox, key, uniqueId: letter.uniqueId, listed };
      this.#open.push({ step, source, incoming });
    }
  }

  async #read({ step, source, incoming }: Opened): Promise<void> {
    let stage: Stage | undefined;
    try {
      const { destination, books, stop } = this.#parts;
      const { name } = destination;
      stage = new PatientStage(await taken(() => destination.stage(incoming)), { name, clock: books.clock, stop });
      const reading = { step, incoming, stage };
      if (source instanceof Retrieval) await this.#reader.letter(reading, source);
      else await this.#reader.header(reading, await source);
      this.#refused = 0;
      this.#refusals = 0;
    } catch (error) {
      leave(source);
      await stage?.abandon();
      this.#open.shift();
      this.#failed(step, error);
      return;
    }
    this.#open.shift();
    this.#letters += 1;
    this.#tell();
  }

  /** Finds out whose fault it is, and writes that down. Throws when the session or the run ends by it. */
  #failed({ key }: FetchStep, error: unknown): void {
    const { books, batches, client, stop } = this.#parts;
    if (error instanceof Ending) {
      batches.unsaved = true;
      if (books.sound) books.write([books.failure(key, error.message, { blamed: false })]);
      throw error;
    }
    const { failure } = client;
    // A letter that the server refused was not read.
    if (!(error instanceof Pop3Error) || error.code === 'ABORTED' || failure !== undefined) batches.unsaved = true;
    const change = blame(key, error, { books, client, stopped: stop.asked });
    books.write([change]);
    // A letter that only stood behind one for which the connection was dropped has not failed.
    const isBystander = error instanceof Pop3Error && error.code === 'ABORTED';
    if (!stop.asked && !isBystander) books.tellFailures([change]);
    if (error instanceof NotTaken) batches.refused('destination', error.message);
    if (failure !== undefined) throw new Broken(failure.message, { cause: failure });
    if (!(error instanceof Pop3Error) || error.code === 'UNSUPPORTED') return;
    this.#refused += 1;
    if (error.retryable) this.#refusals += 1;
    if (this.#refusals >= MOST_REFUSALS || this.#refused >= MOST_REFUSED)
      throw new Ending('later', `${books.account.server.host}: ${error.message}`);
  }

  /** What was asked for and not read is wanted again. */
  #letGo(): void {
    const { books, batches } = this.#parts;
    const open = this.#open.splice(0);
    if (open.length === 0) return;
    for (const { source } of open) leave(source);
    batches.unsaved = true;
    if (!books.sound) return;
    const why = 'the session ended before it came';
    books.write(open.map(({ step: { key } }) => books.failure(key, why, { blamed: false })));
  }

  #idle<T>(waiting: Promise<T>): Promise<T> {
    const { client, books } = this.#parts;
    return keepAlive(client, books.clock, waiting);
  }

  #came(octets: number): void {
    this.#octets += octets;
    if (this.#octets - this.#told >= PROGRESS) this.#tell();
  }

  #tell(): void {
    this.#told = this.#octets;
    this.#parts.books.tell({ event: 'progress', letters: this.#letters, octets: this.#octets });
  }
}

function leave(source: Opened['source']): void {
  if (source instanceof Retrieval) source.leave();
}
