import { createHash } from 'node:crypto';
import { messageNumber, type Pop3Client, Pop3Error, type Receipt, Retrieval } from '@restante/pop/client';
import { mailboxKey } from '../account.ts';
import type { Destination, IncomingLetter, Stage } from '../destinations/destination.ts';
import type { Change } from '../journal/journal.ts';
import { fingerprintOf } from '../plan/fingerprint.ts';
import type { KnownByOctets } from '../plan/known-by-octets.ts';
import type { Step } from '../plan/plan.ts';
import type { Batches } from './batches.ts';
import type { Books } from './books.ts';
import type { Deleting } from './deleting.ts';
import { Ending } from './ending.ts';
import { keepAlive } from './keep-alive.ts';
import { NotTaken, readInto, taken } from './reading.ts';
import type { Stop } from './stop.ts';

/** More letters are asked for when no more than so many are under way… */
const FEW = 32;
/** …and then so many at once. Each time is one transaction of the journal. */
const GROUP = 32;
/** Octets that are under way at most, as far as LIST tells, unless it is one letter. */
const MOST_OCTETS = 32 * 1024 * 1024;
/** Letters in a row that the server cannot send just now, before it is left alone. */
const MOST_REFUSALS = 3;
/** Octets between two events of progress inside a letter. */
const PROGRESS = 1024 * 1024;

type FetchStep = Extract<Step, { type: 'fetch' }>;
type DeleteStep = Extract<Step, { type: 'delete' }>;

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

/** The session broke off; the letter that was on its way has been blamed. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

/**
 * Carries out a plan's steps. Letters are asked for ahead of those that are read, and read in order, one at a time, into
 * the destination's stage. What is wrong with one letter stays with it.
 */
export class Fetching {
  readonly #parts: FetchingParts;
  readonly #steps: readonly Step[];
  /** The next step. */
  #at = 0;
  readonly #open: Opened[] = [];
  /** Whether the letter that was asked for last has been in trouble before. */
  #alone = false;
  #refusals = 0;
  #letters = 0;
  #octets = 0;
  #told = 0;

  constructor(parts: FetchingParts, steps: readonly Step[]) {
    this.#parts = parts;
    this.#steps = steps;
  }

  /**
   * Goes as far as a `commit` step, or to the end, or until it is asked to stop. Rejects with {@link Broken} or an
   * {@link Ending}; whatever was under way then is wanted again.
   */
  async run(): Promise<void> {
    const { stop, batches } = this.#parts;
    const forget = stop.onAsked(() => {
      for (const { source } of this.#open) leave(source);
      this.#reading?.leave();
    });
    try {
      while (!stop.asked) {
        await this.#fill();
        const next = this.#open.shift();
        if (next === undefined) return;
        await this.#read(next);
        if (batches.ending !== undefined) throw batches.ending;
      }
    } finally {
      forget();
      this.#letGo();
    }
  }

  #reading: Retrieval | undefined;

  /** Asks for more letters, when few are under way and those that came can be placed. */
  async #fill(): Promise<void> {
    if (this.#open.length > FEW) return;
    const { batches, deleting, stop } = this.#parts;
    if (batches.full) {
      // What was asked for is read first, whatever becomes of it: a letter left half read would let the server wait.
      if (this.#open.length > 0) return;
      await this.#idle(batches.room());
    }
    const { fetches, deletes, alone } = this.#next();
    if (deletes.length > 0) deleting.earlier(deletes);
    if (fetches.length === 0) return;
    // If it is this letter that our process dies of, no other may be under suspicion.
    if (alone || this.#alone) await this.#idle(batches.settled());
    this.#alone = alone;
    if (!stop.asked) this.#ask(fetches);
  }

  /** The next steps that can be begun together. */
  #next(): { readonly fetches: FetchStep[]; readonly deletes: DeleteStep[]; readonly alone: boolean } {
    const fetches: FetchStep[] = [];
    const deletes: DeleteStep[] = [];
    let octets = this.#open.reduce((sum, { step }) => sum + (step.letter.octets ?? 0), 0);
    for (; fetches.length < GROUP; this.#at += 1) {
      const step = this.#steps[this.#at];
      if (step === undefined || step.type === 'commit') break;
      if (step.type === 'delete') deletes.push(step);
      if (step.type !== 'fetch') continue;
      const first = fetches.length + this.#open.length === 0;
      const suspect = (this.#parts.books.letter(step.key)?.attempts ?? 0) > 0;
      octets += step.letter.octets ?? 0;
      if (!first && (suspect || octets > MOST_OCTETS)) break;
      fetches.push(step);
      if (!suspect) continue;
      this.#at += 1;
      return { fetches, deletes, alone: true };
    }
    return { fetches, deletes, alone: false };
  }

  #ask(fetches: readonly FetchStep[]): void {
    const { books, client } = this.#parts;
    books.write(fetches.map(({ key }) => ({ type: 'fetching', key })));
    const mailbox = mailboxKey(books.account);
    for (const step of fetches) {
      const { key, letter, part } = step;
      const number = messageNumber(letter.number);
      const source = part === 'whole' ? client.retrieve(number) : client.top(number, 0);
      if (source instanceof Promise) source.catch(() => {});
      const listed = books.letter(key)?.listed ?? books.clock.now();
      this.#open.push({ step, source, incoming: { mailbox, key, uniqueId: letter.uniqueId, listed } });
    }
  }

  async #read(opened: Opened): Promise<void> {
    const { step, source, incoming } = opened;
    let stage: Stage | undefined;
    try {
      stage = await taken(() => this.#parts.destination.stage(incoming));
      if (source instanceof Retrieval) await this.#readLetter(opened, source, stage);
      else await this.#readHeader(opened, await source, stage);
      this.#refusals = 0;
    } catch (error) {
      leave(source);
      await stage?.abandon();
      this.#failed(step, error);
    }
    this.#letters += 1;
    this.#tell();
  }

  async #readLetter({ step, incoming }: Opened, retrieval: Retrieval, stage: Stage): Promise<void> {
    const { books, known } = this.#parts;
    const largest = books.account.policy.largest?.octets ?? Number.POSITIVE_INFINITY;
    this.#reading = retrieval;
    const header = await readInto(retrieval, stage, { largest, came: (octets) => this.#came(octets) });
    const { octets, sha256 } = await retrieval.done;
    this.#reading = undefined;
    const receipt = step.thenDelete ? () => retrieval.stored(() => undefined) : undefined;
    let behind: readonly Change[] = [];
    if (step.known === 'by-octets') {
      const recognised = known.recognise(step, sha256, books.clock.now());
      behind = recognised.changes;
      if (recognised.record !== undefined) {
        await stage.abandon();
        await this.#recognised(keyBehind(behind, recognised.record.key), behind, receipt);
        return;
      }
    }
    const proof = { octets, sha256, fingerprint: fingerprintOf(header), headersOnly: false };
    await this.#end(incoming, stage, { ...proof, behind, keptAs: keyBehind(behind, step.key), thenDelete: receipt });
  }

  async #readHeader({ step, incoming }: Opened, header: Buffer, stage: Stage): Promise<void> {
    const written = taken(() => stage.write(header));
    if (written instanceof Promise) await written;
    this.#came(header.length);
    const sha256 = createHash('sha256').update(header).digest('hex');
    const proof = { octets: header.length, sha256, fingerprint: fingerprintOf(header), headersOnly: true };
    await this.#end(incoming, stage, { ...proof, behind: [], keptAs: step.key, thenDelete: undefined });
  }

  async #end(
    { key, uniqueId }: IncomingLetter,
    stage: Stage,
    letter: Omit<Parameters<Batches['add']>[0], 'key' | 'uniqueId' | 'staged'>,
  ): Promise<void> {
    const { books, batches } = this.#parts;
    const staged = await taken(() => stage.end());
    if (staged.type === 'staged') {
      batches.add({ ...letter, key, uniqueId, staged });
    } else {
      batches.unsaved = true;
      books.write([{ type: 'held', key, why: staged.why }]);
      books.markHeld(key, staged.why);
    }
  }

  /** It is kept already: nothing is kept twice, and now there is a receipt for it. */
  async #recognised(key: string, changes: readonly Change[], receipt: (() => Promise<Receipt>) | undefined) {
    const { books, deleting } = this.#parts;
    const deletes = receipt !== undefined && deleting.possible;
    books.write(deletes ? [...changes, { type: 'delete-sent', key }] : changes);
    books.progress += 1;
    if (deletes) deleting.send(key, receipt());
  }

  /** Finds out whose fault it is, and writes that down. Throws when the session or the run ends by it. */
  #failed(step: FetchStep, error: unknown): void {
    const { books, batches, client, stop } = this.#parts;
    const { failure } = client;
    const server = error instanceof Pop3Error;
    if (!server || error.code === 'ABORTED' || failure !== undefined) batches.unsaved = true;
    const why = error instanceof Error ? error.message : String(error);
    const change = this.#verdict(step, error, why);
    books.write([change]);
    if (!stop.asked) books.tellFailures([change]);
    if (error instanceof NotTaken) batches.refused('destination', why);
    if (failure !== undefined) throw new Broken(failure.message, { cause: failure });
    if (server && error.retryable) this.#refusals += 1;
    if (this.#refusals >= MOST_REFUSALS) throw new Ending('later', `${books.account.server.host}: ${why}`);
  }

  #verdict(step: FetchStep, error: unknown, why: string): Change {
    const { books, client, stop } = this.#parts;
    const { key } = step;
    if (error instanceof NotTaken || stop.asked) return books.failure(key, why, { blamed: false });
    if (!(error instanceof Pop3Error)) return books.failure(key, why, { blamed: true });
    if (error.code === 'UNSUPPORTED') return { type: 'skipped', key, why: `its header cannot be had: ${why}` };
    if (client.failure === undefined) return books.failure(key, why, { blamed: !error.retryable });
    // A server that mixes up what is pipelined does so whatever the letter.
    const mixedUp = client.pipelining === 'distrusted' && !books.facts.pipeliningDistrusted;
    if (mixedUp || client.failure.code === 'ABORTED') return books.failure(key, why, { blamed: false });
    books.breakers.add(key);
    return books.failure(key, why, { blamed: true });
  }

  /** What was asked for and not read is wanted again. */
  #letGo(): void {
    const { books } = this.#parts;
    const open = this.#open.splice(0);
    if (open.length === 0) return;
    for (const { source } of open) leave(source);
    this.#parts.batches.unsaved = true;
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

/** By what key the letter is known behind these changes. */
function keyBehind(changes: readonly Change[], key: string): string {
  const rebound = changes.findLast((change) => change.type === 'rebound');
  return rebound?.type === 'rebound' ? rebound.to : key;
}
