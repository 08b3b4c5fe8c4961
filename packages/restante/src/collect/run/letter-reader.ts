import { createHash } from 'node:crypto';
import type { Receipt, Retrieval } from '@restante/pop/client';
import type { IncomingLetter, Stage } from '../destinations/destination.ts';
import type { Change, LetterRecord, LetterState } from '../journal/journal.ts';
import { fingerprintOf } from '../plan/fingerprint.ts';
import type { KnownByOctets } from '../plan/known-by-octets.ts';
import type { Batches, WholeLetter } from './batches.ts';
import type { Books } from './books.ts';
import type { Deleting } from './deleting.ts';
import { NotTaken, readInto, taken } from './reading.ts';
import type { FetchStep } from './steps-ahead.ts';

export interface LetterReaderParts {
  readonly books: Books;
  readonly batches: Batches;
  readonly deleting: Deleting;
  readonly known: KnownByOctets;
  /** Told of octets as they come. */
  readonly came: (octets: number) => void;
}

/** A letter that is about to be read: why, as what, and where to. */
export interface Reading {
  readonly step: FetchStep;
  readonly incoming: IncomingLetter;
  readonly stage: Stage;
}

/** Reads letters into their stages; those that are whole go into a batch. */
export class LetterReader {
  readonly #parts: LetterReaderParts;
  readonly #largest: number;

  constructor(parts: LetterReaderParts) {
    this.#parts = parts;
    this.#largest = parts.books.account.policy.largest?.octets ?? Number.POSITIVE_INFINITY;
  }

  /** Rejects with what the letter broke off by; its stage is the caller's to abandon then. */
  async letter({ step, incoming, stage }: Reading, retrieval: Retrieval): Promise<void> {
    const { books, known, came } = this.#parts;
    const header = await readInto(retrieval, stage, { largest: this.#largest, came });
    const { octets, sha256 } = await retrieval.done;
    const thenDelete = step.thenDelete ? () => retrieval.stored(() => undefined) : undefined;
    let behind: readonly Change[] = [];
    if (step.known === 'by-octets') {
      const recognised = known.recognise(step, sha256, books.clock.now());
      behind = recognised.changes;
      if (recognised.record !== undefined) {
        await stage.abandon();
        this.#recognised(recognised.record, behind, thenDelete);
        return;
      }
    }
    const keptAs = keyBehind(behind, step.key);
    const fingerprint = fingerprintOf(header);
    await this.#end(incoming, stage, { octets, sha256, fingerprint, headersOnly: false, behind, keptAs, thenDelete });
  }

  /** The same of a letter of which only the header is wanted. */
  async header({ step, incoming, stage }: Reading, header: Buffer): Promise<void> {
    const written = taken(() => stage.write(header));
    if (written instanceof Promise) await written;
    this.#parts.came(header.length);
    await this.#end(incoming, stage, {
      octets: header.length,
      sha256: createHash('sha256').update(header).digest('hex'),
      fingerprint: fingerprintOf(header),
      headersOnly: true,
      behind: [],
      keptAs: step.key,
      thenDelete: undefined,
    });
  }

  async #end(
    { key, uniqueId }: IncomingLetter,
    stage: Stage,
    letter: Omit<WholeLetter, 'key' | 'uniqueId' | 'staged'>,
  ): Promise<void> {
    const { books, batches } = this.#parts;
    const staged = await taken(() => stage.end());
    if (staged.type === 'staged') {
      // Whatever went wrong on the way: nobody keeps a part of a letter for the whole.
      if (staged.octets !== letter.octets) {
        throw new NotTaken(`only ${staged.octets} of its ${letter.octets} octets were written`);
      }
      batches.add({ ...letter, key, uniqueId, staged });
    } else {
      batches.unsaved = true;
      books.write([{ type: 'held', key, why: staged.why }]);
      books.markHeld(key, staged.why);
    }
  }

  /** It is kept already: nothing is kept twice, and now there is a receipt for it. */
  #recognised(
    record: LetterRecord,
    changes: readonly Change[],
    thenDelete: (() => Promise<Receipt>) | undefined,
  ): void {
    const { books, deleting } = this.#parts;
    const key = keyBehind(changes, record.key);
    // Of one that is held nobody knows whether it is safe.
    const isKept = stateBehind(record) === 'kept';
    const deletes = isKept && thenDelete !== undefined && deleting.possible;
    books.write(deletes ? [...changes, { type: 'delete-sent', key }] : changes);
    books.progress += 1;
    if (deletes) deleting.send(key, thenDelete());
    if (books.letter(key)?.state === 'held') books.markHeld(key, record.why ?? 'it is held');
  }
}

/** What a letter is once it is known to be still there. */
function stateBehind({ state, was }: LetterRecord): LetterState | undefined {
  if (state === 'gone') return was;
  return state === 'delete-sent' || state === 'unknown' ? 'kept' : state;
}

/** By what key the letter is known behind these changes. */
function keyBehind(changes: readonly Change[], key: string): string {
  const rebound = changes.findLast((change) => change.type === 'rebound');
  return rebound?.type === 'rebound' ? rebound.to : key;
}
