import { messageNumber, type Outcome, type Pop3Client, type Receipt } from '@restante/pop/client';
import type { Change } from '../journal/journal.ts';
import type { Step } from '../plan/plan.ts';
import type { Books } from './books.ts';

/** Letters whose DELE is written down in one transaction. */
const SLICE = 1_000;

/**
 * What is deleted in one session: nothing but for a receipt, nothing that the journal does not have as `delete-sent`, and
 * nothing that is believed to be gone before QUIT has its +OK (P3-64).
 */
export class Deleting {
  readonly #client: Pop3Client;
  readonly #books: Books;
  /** Keys of letters that the journal has as `delete-sent`. */
  readonly #sent = new Set<string>();
  readonly #refused = new Map<string, string>();
  readonly #answers: Promise<void>[] = [];
  #ended = false;

  constructor(client: Pop3Client, books: Books) {
    this.#client = client;
    this.#books = books;
  }

  /** Letters that go with QUIT, as far as is known. */
  get letters(): number {
    return this.#sent.size;
  }

  /** Whether DELE can still go out: not behind QUIT, when a batch was given up and is placed after all. */
  get possible(): boolean {
    return !this.#ended && this.#client.failure === undefined;
  }

  /** Sends DELE for a letter that the journal has as `delete-sent`. */
  send(key: string, receipt: Receipt | Promise<Receipt>): void {
    this.#sent.add(key);
    this.#answers.push(this.#delete(key, receipt));
  }

  async #delete(key: string, receipt: Receipt | Promise<Receipt>): Promise<void> {
    try {
      await this.#client.delete(receipt instanceof Promise ? await receipt : receipt);
    } catch (error) {
      if (this.#client.failure === undefined) this.#refused.set(key, (error as Error).message);
    }
  }

  /** Deletes what earlier runs kept: their records are the proof. */
  earlier(steps: readonly Extract<Step, { type: 'delete' }>[]): void {
    for (let from = 0; from < steps.length && this.possible; from += SLICE) {
      const slice = steps.slice(from, from + SLICE);
      this.#books.write(
        slice.map(({ record: { key, sha256 } }): Change => {
          // The plan says so only where somebody wants what another program kept deleted as well.
          return { type: 'delete-sent', key, adopted: sha256 === undefined };
        }),
      );
      for (const { letter, record } of slice) this.send(record.key, this.#receipt(letter.number, record));
    }
  }

  #receipt(
    number: number,
    { uniqueId = '', octets = 0, sha256 = '' }: Extract<Step, { type: 'delete' }>['record'],
  ): Receipt | Promise<Receipt> {
    try {
      return this.#client.storedBefore(messageNumber(number), { uniqueId, octets, sha256 });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** QUIT, once every DELE has its answer. */
  async commit(): Promise<Outcome> {
    this.#ended = true;
    await Promise.all(this.#answers);
    const outcome = this.#client.failure === undefined ? await this.#client.commit() : 'rolled-back';
    this.#conclude(outcome);
    return outcome;
  }

  /** The session ended, or ends now, without QUIT: all are still there (P3-60). */
  async rollBack(): Promise<void> {
    this.#ended = true;
    this.#client.close();
    await Promise.all(this.#answers);
    this.#conclude('rolled-back');
  }

  #conclude(outcome: Outcome): void {
    if (this.#sent.size === 0) return;
    const at = this.#books.clock.now();
    const accepted = Array.from(this.#sent).filter((key) => !this.#refused.has(key));
    const changes = accepted.map((key): Change => {
      if (outcome === 'committed') return { type: 'gone', key, at };
      return { type: outcome === 'unknown' ? 'unknown' : 'still-there', key };
    });
    for (const key of this.#refused.keys()) changes.push({ type: 'still-there', key });
    this.#books.write(changes);
    this.#sent.clear();
    if (outcome === 'committed') for (const key of accepted) this.#books.markDeleted(key);
    for (const [key, why] of this.#refused) this.#books.markFailed(key, `it is kept, and could not be deleted: ${why}`);
    if (accepted.length > 0) this.#books.tell({ event: 'deleted', letters: accepted.length, outcome });
  }
}
