import type { DatabaseSync } from 'node:sqlite';
import type { Problem } from '../problem.ts';

/** One thing that must be true of the index by itself. */
export interface IndexCheck {
  readonly name: string;
  /** Looks through the index, which stands still meanwhile: all of it is as of one moment. */
  find(index: DatabaseSync): Iterable<Problem>;
  /**
   * Sets what is only a sum of other rows to what these say, within somebody's transaction, and answers how many rows that
   * changed. Absent where nothing can be worked out again.
   */
  mend?(index: DatabaseSync): number;
}

export function count(row: Record<string, unknown>, name: string): number {
  return Number(row[name] ?? 0);
}
