import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { Statement } from '../index/sqlite/statement.ts';
import { type DataFolder, segmentName, segmentNumbers, segmentPath } from '../letters/segments/folder.ts';
import { type Problem, REPAIR_FROM } from './problem.ts';

/** The segments' files, by their names and sizes. */
export class SegmentFiles {
  readonly #data: DataFolder;
  readonly #all: Statement<[number]>;
  readonly #octets: Statement<[number]>;
  readonly #referred: Statement<[number]>;
  #unknown: readonly number[] = [];

  constructor(index: DatabaseSync, data: DataFolder) {
    this.#data = data;
    this.#all = new Statement(index, 'SELECT number FROM segments ORDER BY number');
    this.#octets = new Statement(index, 'SELECT octets FROM segments WHERE number = ?');
    this.#referred = new Statement(index, 'SELECT 1 FROM contents WHERE segment = ? LIMIT 1');
  }

  /** Files that are missing or too short. What a segment has is in its file before the index says so. */
  *shortened(): Generator<Problem> {
    this.#unknown = segmentNumbers(this.#data).filter((number) => !this.#isKnown(number));
    for (const [number] of this.#all.all()) {
      for (let octets = this.#octets.get(number)?.[0]; octets !== undefined; ) {
        const size = statSync(segmentPath(this.#data, number), { throwIfNoEntry: false })?.size;
        if (size !== undefined && size >= octets) break;
        const now = this.#octets.get(number)?.[0];
        if (now === octets) {
          const file = `letters/${segmentName(number)}`;
          const what = size === undefined ? `${file} is missing` : `${file} has ${size} octets of ${octets}`;
          yield { level: 'problem', check: 'files', segment: number, what, remedy: REPAIR_FROM };
          break;
        }
        octets = now;
      }
    }
  }

  /**
   * Files that no letter is in. One that was there when we began and is unknown still is no new one on its way in; yet an open
   * office may keep one until a backup is done.
   */
  *unknown(): Generator<Problem> {
    for (const number of this.#unknown) {
      if (this.#isKnown(number)) continue;
      if (statSync(segmentPath(this.#data, number), { throwIfNoEntry: false }) === undefined) continue;
      yield {
        level: 'notice',
        check: 'files',
        segment: number,
        what: `the index names no letter in letters/${segmentName(number)}`,
        remedy:
          'the next start of the office clears it away; if an older index was put here by hand, keep the office closed and save its letters first: restante repair --salvage DIR',
      };
    }
  }

  #isKnown(number: number): boolean {
    return this.#octets.get(number) !== undefined || this.#referred.get(number) !== undefined;
  }
}
