import type { DatabaseSync } from 'node:sqlite';
import { Statement } from './statement.ts';

/** Where a letter's content is and what proves it sound. */
export interface ContentLocation {
  readonly segment: number;
  /** Of the content's first octet in the segment. */
  readonly offset: number;
  readonly octets: number;
  /** A CRC-32 for each block, little-endian. */
  readonly checks: Uint8Array;
}

export interface NewContent {
  readonly segment: number;
  readonly offset: number;
  readonly traces: number;
  readonly octets: number;
  readonly body: number;
  readonly dotted: boolean;
  readonly sha256: Uint8Array;
  readonly checks: Uint8Array;
  readonly placements: number;
}

export class ContentReads {
  readonly #locate: Statement<[number, number, number, Uint8Array<ArrayBuffer>]>;

  constructor(database: DatabaseSync) {
    this.#locate = new Statement(database, 'SELECT segment, offset, octets, checks FROM contents WHERE id = ?');
  }

  /** One row by its key; undefined when the content has been destroyed. */
  locate(id: number): ContentLocation | undefined {
    const row = this.#locate.get(id);
    return row && { segment: row[0], offset: row[1], octets: row[2], checks: row[3] };
  }
}

/** A record that is to be moved: the content's id and offset, and the octets of its trace fields and of itself. */
export type RecordRow = [id: number, offset: number, traces: number, octets: number];

/** A record that nothing refers to any more. */
export type FreedRow = [segment: number, traces: number, octets: number];

export class ContentWrites {
  readonly #add: Statement<[]>;
  readonly #share: Statement<[]>;
  readonly #free: Statement<FreedRow>;
  readonly #records: Statement<RecordRow>;
  readonly #move: Statement<[]>;
  readonly #isIn: Statement<[number]>;
  #lastId: number;

  constructor(database: DatabaseSync) {
    this.#add = new Statement(
      database,
      `INSERT INTO contents (id, segment, offset, traces, octets, body, dotted, sha256, checks, placements)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#share = new Statement(database, 'UPDATE contents SET placements = placements + 1 WHERE id = ?');
    this.#free = new Statement(database, 'DELETE FROM contents WHERE placements = 0 RETURNING segment, traces, octets');
    this.#records = new Statement(
      database,
      'SELECT id, offset, traces, octets FROM contents WHERE segment = ? AND offset > ? ORDER BY offset LIMIT ?',
    );
    this.#move = new Statement(database, 'UPDATE contents SET segment = ?, offset = ? WHERE id = ?');
    this.#isIn = new Statement(database, 'SELECT 1 FROM contents WHERE segment = ? LIMIT 1');
    this.#lastId = new Statement<[number | null]>(database, 'SELECT max(id) FROM contents').get()?.[0] ?? 0;
  }

  /** Ids grow for as long as the process lives: a snapshot that is bound to a destroyed content never finds another. */
  add(it: NewContent): number {
    this.#lastId += 1;
    this.#add.run(
      this.#lastId,
      it.segment,
      it.offset,
      it.traces,
      it.octets,
      it.body,
      it.dotted ? 1 : 0,
      it.sha256,
      it.checks,
      it.placements,
    );
    return this.#lastId;
  }

  /** One more placement refers to it. */
  share(id: number): void {
    this.#share.run(id);
  }

  /** Destroys what no placement refers to any more, and answers where that was. */
  free(): FreedRow[] {
    return this.#free.all();
  }

  /** The next records of a segment, behind the one whose content is at offset `after`. */
  records(segment: number, after: number, limit: number): RecordRow[] {
    return this.#records.all(segment, after, limit);
  }

  /** Whether any record is in this segment. */
  isIn(segment: number): boolean {
    return this.#isIn.get(segment) !== undefined;
  }

  move(id: number, segment: number, offset: number): void {
    this.#move.run(segment, offset, id);
  }
}
