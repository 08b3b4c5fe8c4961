import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';

/** A prepared statement whose rows are arrays of the given shape: half the time of objects on long listings. */
export class Statement<Row extends readonly SQLOutputValue[]> {
  readonly #statement: StatementSync;

  constructor(database: DatabaseSync, sql: string) {
    this.#statement = database.prepare(sql);
    this.#statement.setReturnArrays(true);
  }

  /** All rows at once. Never `iterate`: a paused one would hold a read transaction open and with it the log. */
  all(...values: SQLInputValue[]): Row[] {
    return this.#statement.all(...values) as unknown as Row[];
  }

  get(...values: SQLInputValue[]): Row | undefined {
    return this.#statement.get(...values) as unknown as Row | undefined;
  }

  /** Runs it and answers how many rows it changed. */
  run(...values: SQLInputValue[]): number {
    return Number(this.#statement.run(...values).changes);
  }
}
