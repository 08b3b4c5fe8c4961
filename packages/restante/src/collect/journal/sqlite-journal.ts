import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Failure } from '../../failure.ts';
import type { Change, Journal, LetterRecord, MailboxFacts } from './journal.ts';
import {
  DamagedRow,
  FACT_COLUMNS,
  type FactRow,
  factsOf,
  factValues,
  LETTER_COLUMNS,
  type LetterRow,
  letterValues,
  recordOf,
  SELECT_LETTERS,
} from './rows.ts';
import { apply, ImpossibleChange } from './transitions.ts';
import { trouble } from './trouble.ts';
import { wholeNumbers } from './whole.ts';

/** Rows that are read at once. */
const SLICE = 1000;

/** A letter and its row's number. */
interface Entry {
  readonly id: number | undefined;
  readonly record: LetterRecord | undefined;
}

/** What a transaction is about to change. */
interface Draft {
  readonly entries: Map<string, Entry>;
  /** Rows of letters that are forgotten. */
  readonly removed: number[];
}

/** Facts that plans go by. */
const PLANNED_BY = ['destination', 'begun', 'lastListed', 'doubted'] as const;

/**
 * The journal over a database that is ours alone: all is read once, and what changes is written before it is believed.
 * Letters are read when it is opened, so that damage shows before anything is done; only where there is a `quiet` listing,
 * with which nobody may ask for them, when somebody does.
 */
export class SqliteJournal implements Journal {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #delete: StatementSync;
  readonly #updateFacts: StatementSync;
  #letters: Map<string, Entry> | undefined;
  readonly #released: () => void;
  /** Whether a transaction is on the disk when it has ended, and not only with the kernel. */
  #syncs = true;
  #facts: MailboxFacts;
  #broken: Failure | undefined;

  /** `path` is for messages; `released` is called before the journal is let go. Throws what SQLite throws, or a DamagedRow. */
  constructor(path: string, database: DatabaseSync, released: () => void = () => {}) {
    this.#path = path;
    this.#database = database;
    this.#released = released;
    const letter = LETTER_COLUMNS.join(', ');
    this.#insert = database.prepare(`INSERT INTO letters (${letter}) VALUES (${marks(LETTER_COLUMNS)})`);
    this.#update = database.prepare(`UPDATE letters SET (${letter}) = (${marks(LETTER_COLUMNS)}) WHERE id = ?`);
    this.#delete = database.prepare('DELETE FROM letters WHERE id = ?');
    this.#updateFacts = database.prepare(`UPDATE mailbox SET (${FACT_COLUMNS.join(', ')}) = (${marks(FACT_COLUMNS)})`);
    this.#facts = readFacts(database);
    if (this.#facts.quiet === undefined) this.#letters = this.#readLetters();
  }

  get facts(): MailboxFacts {
    return this.#facts;
  }

  *letters(): Iterable<LetterRecord> {
    for (const { record } of this.#all().values()) if (record !== undefined) yield record;
  }

  letter(key: string): LetterRecord | undefined {
    return this.#all().get(key)?.record;
  }

  write(changes: readonly Change[], facts?: Partial<MailboxFacts>): void {
    if (this.#broken !== undefined) throw this.#broken;
    const draft = this.#draft(changes);
    const nextFacts = this.#next(facts, draft);
    const factsDiffer = !isSame(nextFacts, this.#facts);
    if (draft.entries.size === 0 && !factsDiffer) return;
    try {
      this.#sync(factsDiffer || changes.some(({ type }) => type !== 'fetching'));
      this.#commit(draft, factsDiffer ? nextFacts : undefined);
    } catch (error) {
      this.#broken = trouble(this.#path, error);
      throw this.#broken;
    }
    this.#facts = nextFacts;
    for (const [key, entry] of draft.entries) {
      if (entry.record === undefined) this.#all().delete(key);
      else this.#all().set(key, entry);
    }
  }

  close(): void {
    if (!this.#database.isOpen) return;
    this.#released();
    this.#database.close();
    this.#broken ??= new Failure(`${this.#path} is closed`);
  }

  /**
   * Attempts that only begin are not waited for until they are on the disk: they outlive our process, which is what they
   * are for, and a power cut is no letter's fault. What is written next takes them along.
   */
  #sync(wanted: boolean): void {
    if (wanted === this.#syncs) return;
    this.#database.exec(`PRAGMA synchronous = ${wanted ? 'FULL' : 'NORMAL'}`);
    this.#syncs = wanted;
  }

  /** The facts that hold from now on: the one place where a quiet listing comes to its end. */
  #next(facts: Partial<MailboxFacts> | undefined, { entries }: Draft): MailboxFacts {
    const next = facts === undefined ? this.#facts : { ...this.#facts, ...wholeNumbers(facts) };
    const isNew = facts?.quiet !== undefined && facts.quiet !== this.#facts.quiet;
    const isTouched = entries.size > 0 || (!isNew && PLANNED_BY.some((name) => next[name] !== this.#facts[name]));
    return isTouched && next.quiet !== undefined ? { ...next, quiet: undefined } : next;
  }

  #all(): Map<string, Entry> {
    if (this.#letters !== undefined) return this.#letters;
    if (this.#broken !== undefined) throw this.#broken;
    try {
      this.#letters = this.#readLetters();
    } catch (error) {
      this.#broken = trouble(this.#path, error);
      throw this.#broken;
    }
    return this.#letters;
  }

  /** What the changes come to, one after the other; nothing is touched, so that one which cannot be leaves nothing behind. */
  #draft(changes: readonly Change[]): Draft {
    const entries = new Map<string, Entry>();
    const removed: number[] = [];
    const entryOf = (key: string) => entries.get(key) ?? this.#all().get(key);
    for (const change of changes) {
      const entry = entryOf(change.key);
      const record = apply(entry?.record, change);
      if (record === undefined) {
        if (entry?.id !== undefined) removed.push(entry.id);
        entries.set(change.key, { id: undefined, record: undefined });
      } else if (record.key !== change.key) {
        if (entryOf(record.key)?.record !== undefined) {
          throw new ImpossibleChange(`${change.key} cannot be rebound to ${record.key}, which is known already`);
        }
        entries.set(change.key, { id: undefined, record: undefined });
        entries.set(record.key, { id: entry?.id, record });
      } else if (entry?.record === undefined || !isSame(record, entry.record)) {
        entries.set(change.key, { id: entry?.id, record });
      }
    }
    return { entries, removed };
  }

  #commit({ entries, removed }: Draft, facts: MailboxFacts | undefined): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      for (const id of removed) this.#delete.run(id);
      for (const [key, { id, record }] of entries) {
        if (record === undefined) continue;
        const values = letterValues(record);
        if (id !== undefined) this.#update.run(...values, id);
        else entries.set(key, { id: Number(this.#insert.run(...values).lastInsertRowid), record });
      }
      if (facts !== undefined) this.#updateFacts.run(...factValues(facts));
      this.#database.exec('COMMIT');
    } catch (error) {
      // After some errors (a full disk) SQLite has rolled back by itself.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  #readLetters(): Map<string, Entry> {
    const all = new Map<string, Entry>();
    const texts = new Map<string, string>();
    const once = (text: string): string => {
      const known = texts.get(text);
      if (known === undefined) texts.set(text, text);
      return known ?? text;
    };
    const read = this.#database.prepare(SELECT_LETTERS);
    read.setReturnArrays(true);
    let last = 0;
    let letters = 0;
    for (;;) {
      // All that there are at once would need twice the memory, and one by one take longer.
      const rows = read.all(last, SLICE) as unknown as LetterRow[];
      for (const row of rows) {
        const record = recordOf(row, once);
        all.set(record.key, { id: row[0], record });
      }
      letters += rows.length;
      if (rows.length < SLICE) break;
      last = rows.at(-1)?.[0] ?? last;
    }
    if (all.size < letters) throw new DamagedRow('a letter is there twice');
    return all;
  }
}

function readFacts(database: DatabaseSync): MailboxFacts {
  const statement = database.prepare(`SELECT ${FACT_COLUMNS.join(', ')} FROM mailbox`);
  statement.setReturnArrays(true);
  const row = statement.get() as unknown as FactRow | undefined;
  if (row === undefined) throw new DamagedRow('nothing says which maildrop it is of');
  return factsOf(row);
}

function marks(columns: readonly string[]): string {
  return columns.map(() => '?').join(', ');
}

/** Whether two flat objects say the same. */
function isSame<T extends object>(one: T, other: T): boolean {
  return (Object.keys(one) as (keyof T)[]).every((name) => one[name] === other[name]);
}
