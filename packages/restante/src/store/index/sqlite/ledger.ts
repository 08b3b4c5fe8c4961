import type { DatabaseSync } from 'node:sqlite';
import type {
  LedgerActor,
  LedgerDeed,
  LedgerEntry,
  LedgerKind,
  LedgerLetter,
  LedgerPolls,
} from '../../ledger/entry.ts';
import { packLetters } from '../../ledger/part.ts';
import { Statement } from './statement.ts';

/** What is known when an entry begins. */
export interface NewEntry {
  readonly kind: LedgerKind;
  readonly by: LedgerActor;
  /** Milliseconds since 1970. */
  readonly began: number;
  readonly ended: number;
  readonly end?: string;
  readonly octets?: number;
  readonly destroyed?: number;
  readonly change?: number;
}

/** A part of an entry: the letters as {@link packLetters} has them. */
export interface NewPart {
  readonly deed: LedgerDeed;
  readonly change?: number;
  readonly count: number;
  readonly text: string;
}

export type PartRow = [entry: number, part: number, deed: string, change: number, letters: string];

const COLUMNS = `id, kind, began, ended, "end", octets, retrieved, viewed, removed, restored, destroyed, change,
  account, session, login, device, mechanism, address, tls, cipher`;

type EntryRow = [
  id: number,
  kind: string,
  began: number,
  ended: number,
  end: string,
  octets: number,
  retrieved: number,
  viewed: number,
  removed: number,
  restored: number,
  destroyed: number,
  change: number,
  account: string,
  session: string,
  login: string,
  device: string,
  mechanism: string,
  address: string,
  tls: string,
  cipher: string,
];

export class LedgerReads {
  readonly #entries: Statement<EntryRow>;
  readonly #entry: Statement<EntryRow>;
  readonly #parts: Statement<PartRow>;
  readonly #purges: Statement<[number]>;
  readonly #polls: Statement<[number, string, number]>;

  constructor(database: DatabaseSync) {
    this.#entries = new Statement(
      database,
      `SELECT ${COLUMNS} FROM ledger WHERE maildrop = ? AND id > ? ORDER BY id LIMIT ?`,
    );
    this.#entry = new Statement(database, `SELECT ${COLUMNS} FROM ledger WHERE maildrop = ? AND id = ?`);
    this.#parts = new Statement(
      database,
      `SELECT entry, part, deed, change, letters FROM ledger_letters
       WHERE maildrop = ? AND (entry, part) > (?, ?) AND entry <= ? ORDER BY entry, part LIMIT ?`,
    );
    this.#purges = new Statement(
      database,
      `SELECT ended FROM ledger WHERE maildrop = ? AND kind = 'purge' AND change = ? ORDER BY id DESC LIMIT 1`,
    );
    this.#polls = new Statement(
      database,
      `SELECT hour, address, sessions FROM ledger_polls
       WHERE maildrop = ? AND (hour, address) > (?, ?) ORDER BY hour, address LIMIT ?`,
    );
  }

  /** The next entries of a maildrop behind `after`. */
  entries(maildrop: number, after: number, limit: number): LedgerEntry[] {
    return this.#entries.all(maildrop, after, limit).map(entryOf);
  }

  entry(maildrop: number, id: number): LedgerEntry | undefined {
    const row = this.#entry.get(maildrop, id);
    return row && entryOf(row);
  }

  /** The next parts of a maildrop's entries behind the given place, up to the entry `last`. */
  parts(maildrop: number, entry: number, part: number, last: number, limit: number): PartRow[] {
    return this.#parts.all(maildrop, entry, part, last, limit);
  }

  /** When letters that left at this change were last destroyed. */
  purged(maildrop: number, change: number): number | undefined {
    return this.#purges.get(maildrop, change)?.[0];
  }

  polls(maildrop: number, hour: number, address: string, limit: number): LedgerPolls[] {
    return this.#polls.all(maildrop, hour, address, limit).map(([at, from, sessions]) => ({
      hour: at,
      address: from,
      sessions,
    }));
  }
}

export class LedgerWrites {
  readonly #last: Statement<[number | null]>;
  readonly #add: Statement<[]>;
  readonly #put: Statement<[]>;
  readonly #count: { readonly [Deed in LedgerDeed]: Statement<[]> };
  readonly #finish: Statement<[]>;
  readonly #ofSession: Statement<[number]>;
  readonly #parts: Statement<[number | null]>;
  readonly #left: Statement<[string, number, number]>;
  readonly #poll: Statement<[]>;
  readonly #old: Statement<[number, number]>;
  readonly #removeLetters: Statement<[]>;
  readonly #remove: Statement<[]>;
  readonly #oldPolls: Statement<[number, number, string]>;
  readonly #removePoll: Statement<[]>;
  readonly #first: Statement<[number]>;
  readonly #firstPolls: Statement<[number, string]>;

  constructor(database: DatabaseSync) {
    this.#last = new Statement(database, 'SELECT max(id) FROM ledger WHERE maildrop = ?');
    this.#add = new Statement(
      database,
      `INSERT INTO ledger (maildrop, id, kind, began, ended, "end", octets, retrieved, viewed, removed, restored, destroyed,
       change, account, session, login, device, mechanism, address, tls, cipher)
       VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#put = new Statement(
      database,
      `INSERT INTO ledger_letters (maildrop, entry, part, deed, change, letters)
       SELECT ?1, ?2, coalesce(max(part), 0) + 1, ?3, ?4, ?5 FROM ledger_letters WHERE maildrop = ?1 AND entry = ?2`,
    );
    const count = (deed: LedgerDeed) =>
      new Statement<[]>(database, `UPDATE ledger SET ${deed} = ${deed} + ? WHERE maildrop = ? AND id = ?`);
    this.#count = {
      retrieved: count('retrieved'),
      viewed: count('viewed'),
      removed: count('removed'),
      restored: count('restored'),
    };
    this.#finish = new Statement(database, 'UPDATE ledger SET "end" = ?, ended = ? WHERE maildrop = ? AND id = ?');
    this.#ofSession = new Statement(
      database,
      'SELECT id FROM ledger WHERE maildrop = ? AND session = ? ORDER BY id DESC LIMIT 1',
    );
    this.#parts = new Statement(database, 'SELECT max(part) FROM ledger_letters WHERE maildrop = ? AND entry = ?');
    this.#left = new Statement(
      database,
      'SELECT unique_id, octets, time FROM placements WHERE maildrop = ? AND departed = ? ORDER BY ordinal',
    );
    this.#poll = new Statement(
      database,
      `INSERT INTO ledger_polls (maildrop, hour, address, sessions) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET sessions = sessions + excluded.sessions`,
    );
    this.#old = new Statement(database, 'SELECT maildrop, id FROM ledger WHERE ended < ? ORDER BY ended LIMIT ?');
    this.#removeLetters = new Statement(database, 'DELETE FROM ledger_letters WHERE maildrop = ? AND entry = ?');
    this.#remove = new Statement(database, 'DELETE FROM ledger WHERE maildrop = ? AND id = ?');
    this.#oldPolls = new Statement(
      database,
      'SELECT maildrop, hour, address FROM ledger_polls WHERE hour < ? ORDER BY hour LIMIT ?',
    );
    this.#removePoll = new Statement(
      database,
      'DELETE FROM ledger_polls WHERE maildrop = ? AND hour = ? AND address = ?',
    );
    this.#first = new Statement(database, 'SELECT id FROM ledger WHERE maildrop = ? ORDER BY id LIMIT ?');
    this.#firstPolls = new Statement(database, 'SELECT hour, address FROM ledger_polls WHERE maildrop = ? LIMIT ?');
  }

  /** Enters what happened; its letters follow by {@link letters}. Answers the entry's id. */
  add(maildrop: number, it: NewEntry): number {
    const id = (this.#last.get(maildrop)?.[0] ?? 0) + 1;
    const { kind, by, began, ended, end = '', octets = 0, destroyed = 0, change = 0 } = it;
    const { account, session, login, device, mechanism, address, tls, cipher } = by;
    const who = [account, session, login, device, mechanism, address, tls, cipher];
    this.#add.run(maildrop, id, kind, began, ended, end, octets, destroyed, change, ...who);
    return id;
  }

  /** Adds letters to an entry, no more than a part holds, and counts them. */
  letters(maildrop: number, entry: number, { deed, change = 0, count, text }: NewPart): void {
    if (count === 0) return;
    this.#put.run(maildrop, entry, deed, change, text);
    this.#count[deed].run(count, maildrop, entry);
  }

  finish(maildrop: number, entry: number, end: string, ended: number): void {
    this.#finish.run(end, ended, maildrop, entry);
  }

  /** The last entry of a session. */
  ofSession(maildrop: number, session: string): number | undefined {
    return this.#ofSession.get(maildrop, session)?.[0];
  }

  /** Parts that an entry has. */
  parts(maildrop: number, entry: number): number {
    return this.#parts.get(maildrop, entry)?.[0] ?? 0;
  }

  /** The letters that left at this change: those that went, whatever was asked for. */
  left(maildrop: number, change: number): NewPart {
    const rows = this.#left.all(maildrop, change);
    const letters = rows.map(([uniqueId, octets, arrived]): LedgerLetter => ({ uniqueId, octets, arrived }));
    return { deed: 'removed', change, count: letters.length, text: packLetters(letters) };
  }

  /** Counts sessions that fetched and removed nothing. */
  poll(maildrop: number, { hour, address, sessions }: LedgerPolls): void {
    this.#poll.run(maildrop, hour, address, sessions);
  }

  /** Forgets up to `limit` entries and counts that ended before this time. Answers how many; fewer than asked: no more are that old. */
  forgetBefore(time: number, limit: number): number {
    const old = this.#old.all(time, limit);
    for (const [maildrop, id] of old) this.#forget(maildrop, id);
    const polls = this.#oldPolls.all(time, limit - old.length);
    for (const row of polls) this.#removePoll.run(...row);
    return old.length + polls.length;
  }

  /** Forgets up to `limit` entries and counts of a maildrop; answers how many. */
  forget(maildrop: number, limit: number): number {
    const entries = this.#first.all(maildrop, limit);
    for (const [id] of entries) this.#forget(maildrop, id);
    const polls = this.#firstPolls.all(maildrop, limit - entries.length);
    for (const row of polls) this.#removePoll.run(maildrop, ...row);
    return entries.length + polls.length;
  }

  #forget(maildrop: number, id: number): void {
    this.#removeLetters.run(maildrop, id);
    this.#remove.run(maildrop, id);
  }
}

function entryOf(row: EntryRow): LedgerEntry {
  const [id, kind, began, ended, end, octets, retrieved, viewed, removed, restored, destroyed, change, ...who] = row;
  const [account, session, login, device, mechanism, address, tls, cipher] = who;
  const counts = { octets, retrieved, viewed, removed, restored, destroyed, change };
  const by = { account, session, login, device, mechanism, address, tls, cipher };
  return { id, kind: kind as LedgerKind, began, ended, end, ...counts, ...by };
}
