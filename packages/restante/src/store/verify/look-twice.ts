import { isMissing } from '../letters/segments/folder.ts';
import type { OpenSegments } from './open-segments.ts';
import type { ReadPace } from './pace.ts';

/** Where a look at a row leads, and what a look there found. */
export interface Looked<Row> {
  readonly row: Row;
  readonly wrong: string | undefined;
}

/** How a row is looked at once more. */
export interface Look<Row> {
  segmentOf(row: Row): number;
  /** The row as it is by now; undefined when it is gone. */
  again(row: Row): Row | undefined;
  /** Whether two looks at it describe the same octets at the same place. */
  same(one: Row, other: Row): boolean;
  examine(descriptor: number, row: Row): Generator<number, string | undefined>;
}

/**
 * Looks at the octets that a row describes, while they may be moved or destroyed at any moment. What is wrong is believed only
 * of a row that was the same before and after the file was opened anew and read: what the writer does is seen in the index before
 * a file is removed, so then the octets were those that the row means.
 */
export async function lookTwice<Row>(
  first: Row,
  { segmentOf, again, same, examine }: Look<Row>,
  segments: OpenSegments,
  pace: ReadPace,
): Promise<Looked<Row> | undefined> {
  const read = async (row: Row): Promise<string | undefined> => {
    let descriptor: number;
    try {
      descriptor = segments.open(segmentOf(row));
    } catch (error) {
      if (isMissing(error)) return 'the segment’s file is missing';
      throw error;
    }
    try {
      const steps = examine(descriptor, row);
      for (;;) {
        const step = steps.next();
        if (step.done) return step.value;
        const pause = pace.spend(step.value);
        if (pause !== undefined) await pause;
      }
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EIO') return 'the disk cannot read it';
      throw error;
    }
  };
  if ((await read(first)) === undefined) return { row: first, wrong: undefined };
  for (let row = again(first); row !== undefined; ) {
    segments.forget(segmentOf(row));
    const wrong = await read(row);
    if (wrong === undefined) return { row, wrong };
    const now = again(row);
    if (now !== undefined && same(row, now)) return { row, wrong };
    row = now;
  }
  return undefined;
}
