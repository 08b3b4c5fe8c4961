import { StoreError } from '@restante/pop/maildrop';
import type { MaildropContents } from '../../index/sqlite/maildrops.ts';
import type { IndexWrites } from '../../index/sqlite/writes.ts';
import { actor, type LedgerLetter } from '../../ledger/entry.ts';
import { packLetters } from '../../ledger/part.ts';
import { uniqueIds } from '../../unique-ids.ts';
import type { OrderOf } from '../orders.ts';
import type { Quotas } from '../quotas.ts';
import type { Task } from './task.ts';

/** Rows of one slice: each that comes back takes four statements. */
const ROWS = 250;

interface Cursor {
  departed: number;
  ordinal: number;
  restored: number;
  done: boolean;
  /** What the ledger says of it, once a letter is back. */
  entry: number | undefined;
  /** Why the next letter does not come back: the maildrop is full. */
  full?: string;
}

/**
 * Brings letters back: each as a new arrival, with the old unique-id or as a letter that nobody knows. The departure stays, and
 * the old placement is marked: it comes back once, and if the new arrival leaves in its turn, that is the one that may come back.
 * When the maildrop is full by that, those that are back stay, and the answer says so.
 */
export class UndeleteTask implements Task {
  readonly kind = 'undelete';
  readonly cursor: Cursor = {
    departed: 0,
    ordinal: Number.MAX_SAFE_INTEGER,
    restored: 0,
    done: false,
    entry: undefined,
  };
  readonly #index: IndexWrites;
  readonly #quotas: Quotas;
  readonly #order: OrderOf<'undelete'>;
  readonly #wanted: ReadonlySet<string> | undefined;
  readonly #uniqueId = uniqueIds();
  #maildrop: { readonly id: number; readonly last: number } | undefined;

  constructor(index: IndexWrites, quotas: Quotas, order: OrderOf<'undelete'>) {
    this.#index = index;
    this.#quotas = quotas;
    this.#order = order;
    this.#wanted = order.uniqueIds && new Set(order.uniqueIds);
  }

  get id(): number {
    return this.#order.id;
  }

  get done(): boolean {
    return this.cursor.done;
  }

  get result(): number {
    return this.cursor.restored;
  }

  slice(rounds: number): number {
    const budget = Math.min(rounds, ROWS);
    const maildrop = this.#find();
    const { name } = this.#order;
    if (this.cursor.full !== undefined) throw new StoreError('over-quota', this.cursor.full);
    const quota = this.#quotas.of(name);
    let holds: MaildropContents = this.#index.maildrops.contentsOf(name) ?? EMPTY;
    // What leaves while this goes on is not part of the choice: it ends at the change that it began at.
    const rows = this.#index.departed.slice(
      maildrop.id,
      this.cursor.departed,
      this.cursor.ordinal,
      maildrop.last,
      budget,
    );
    const back: LedgerLetter[] = [];
    for (const row of rows) {
      const [departed, ordinal, time, cameBack, uniqueId] = row;
      const session = row[12];
      this.cursor.departed = departed;
      this.cursor.ordinal = ordinal;
      if (cameBack === 1 || time < this.#order.since) continue;
      if (this.#wanted && !this.#wanted.has(uniqueId)) continue;
      if (this.#order.session !== undefined && session !== this.#order.session) continue;
      const refusal = quota?.refusal(name, holds, row[5]);
      if (refusal) {
        this.cursor.full = `${this.cursor.restored} letters are back and the next one does not fit: ${refusal.message}. Make room (restante account quota ${name}), and repeat`;
        this.#enter(maildrop.id, back);
        return rounds;
      }
      const restored = this.#restore(maildrop.id, row);
      holds = restored.holds;
      back.push(restored.letter);
      this.#quotas.weigh(name, maildrop.id, holds);
    }
    this.#enter(maildrop.id, back);
    this.cursor.done = rows.length < budget;
    return rounds;
  }

  /** The maildrop, as long as it is there: its account may be removed between two slices. */
  #find(): { readonly id: number; readonly last: number } {
    const id = this.#index.maildrops.idOf(this.#order.name);
    const last = id === undefined ? undefined : this.#index.maildrops.changeOf(id);
    if (id === undefined || last === undefined || (this.#maildrop !== undefined && this.#maildrop.id !== id)) {
      throw new StoreError('no-maildrop', `there is no maildrop ${JSON.stringify(this.#order.name)}`);
    }
    this.#maildrop ??= { id, last };
    return this.#maildrop;
  }

  #restore(
    maildrop: number,
    row: ReturnType<IndexWrites['departed']['slice']>[number],
  ): { readonly holds: MaildropContents; readonly letter: LedgerLetter } {
    const [departed, old, , , uniqueId, octets, body, dotted, content, traceDistance, traceOctets, traceCheck] = row;
    const became = this.#order.renamed ? this.#uniqueId() : undefined;
    const { change, ordinal, holds } = this.#index.maildrops.arrive(maildrop, octets);
    this.#index.placements.add({
      maildrop,
      ordinal,
      arrived: change,
      uniqueId: became ?? uniqueId,
      octets,
      body,
      dotted: dotted === 1,
      time: this.#order.time,
      content,
      traceDistance,
      traceOctets,
      traceCheck,
    });
    this.#index.contents.share(content);
    this.#index.departed.markRestored(maildrop, departed, old, octets);
    this.cursor.restored += 1;
    const letter = { uniqueId, octets, arrived: this.#order.time, ...(became !== undefined && { became }) };
    return { holds, letter };
  }

  /** The ledger says so, in the same transaction. */
  #enter(maildrop: number, letters: readonly LedgerLetter[]): void {
    if (letters.length === 0) return;
    const { ledger } = this.#index;
    const { time, by } = this.#order;
    this.cursor.entry ??= ledger.add(maildrop, { kind: 'undelete', by: actor(by ?? {}), began: time, ended: time });
    ledger.letters(maildrop, this.cursor.entry, {
      deed: 'restored',
      count: letters.length,
      text: packLetters(letters),
    });
  }
}

const EMPTY: MaildropContents = { count: 0, octets: 0 };
