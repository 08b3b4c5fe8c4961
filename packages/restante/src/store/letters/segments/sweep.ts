import { readdirSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { ContentWrites } from '../../index/sqlite/contents.ts';
import type { SegmentWrites } from '../../index/sqlite/segments.ts';
import { type DataFolder, isMissing, removeSegment, segmentNumbers, segmentPath, syncFolder } from './folder.ts';

/** What a crash had left behind. */
export interface Swept {
  /** Files that the index does not name. */
  readonly removed: number;
  /** Octets behind the last committed record of a segment: they stay, as dead ones, until it is compacted. */
  readonly tail: number;
  /** Segments that the index names and that are not there, or are shorter than it says, or that it has letters in and does not know: damage. */
  readonly damaged: readonly number[];
  /** The highest segment number in use. */
  readonly last: number;
}

/**
 * Clears away what was written and never committed. A file that the index does not name is removed; a tail behind
 * the last committed record is only counted as dead, never cut off, since a backup may share the file by a hard link. Where the index
 * contradicts itself, and has letters in a segment that it does not know, nothing is removed.
 */
export function sweep(data: DataFolder, segments: SegmentWrites, contents: Pick<ContentWrites, 'isIn'>): Swept {
  const inOrder = segments.all();
  const named = new Map(inOrder);
  let removed = 0;
  let tail = 0;
  const damaged: number[] = [];
  for (const name of readdirSync(data.incoming)) {
    unlinkSync(join(data.incoming, name));
    removed += 1;
  }
  for (const number of segmentNumbers(data)) {
    if (named.has(number)) continue;
    if (contents.isIn(number)) {
      damaged.push(number);
      continue;
    }
    removeSegment(data, number);
    removed += 1;
  }
  for (const [number, octets] of named) {
    const size = sizeOf(segmentPath(data, number));
    if (size < octets) damaged.push(number);
    else if (size > octets) {
      segments.put(number, size, size - octets);
      tail += size - octets;
    }
  }
  if (removed > 0) syncFolder(data.letters);
  const last = Math.max(0, inOrder.at(-1)?.[0] ?? 0, ...damaged);
  return { removed, tail, damaged, last };
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch (error) {
    if (isMissing(error)) return -1;
    throw error;
  }
}
