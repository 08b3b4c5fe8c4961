import type { DatabaseSync } from 'node:sqlite';
import { OpenSegments } from '../verify/open-segments.ts';
import { ContentRows, examineRecord } from '../verify/record.ts';

/** A letter whose octets are not what the index says. */
export interface Damage {
  readonly segment: number;
  readonly offset: number;
  readonly what: string;
}

/** Reads every record that the index names and proves it sound. Answers what is not. For a store that stands still. */
export function* verifyLetters(database: DatabaseSync, letters: string): Generator<Damage, number> {
  const contents = new ContentRows(database);
  const segments = new OpenSegments(letters);
  const end = contents.lastSegment();
  let sound = 0;
  try {
    for (let rows = contents.behind(-1, -1, end); rows.length > 0; ) {
      for (const row of rows) {
        const [, segment, offset] = row;
        const what = drained(examineRecord(segments.open(segment), row));
        if (what === undefined) sound += 1;
        else yield { segment, offset, what };
      }
      const last = rows.at(-1);
      rows = contents.behind(last?.[1] ?? 0, last?.[2] ?? 0, end);
    }
  } finally {
    segments.close();
  }
  return sound;
}

function drained<T>(steps: Generator<unknown, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
