import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { HEADER, type RecordHeader, readHeader } from '../letters/segments/record.ts';

/** A record as its own header describes it, wherever the index says it is. */
export interface FoundRecord {
  readonly path: string;
  /** Of the content's first octet. */
  readonly offset: number;
  readonly header: RecordHeader;
}

const MAGIC = Buffer.from('restante', 'latin1');
const PIECE = 1024 * 1024;

/** The records of a segment whose headers are sound; where one is not, the next that can be found goes on. */
export function* scanRecords(path: string): Generator<FoundRecord> {
  const descriptor = openSync(path, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const front = Buffer.alloc(HEADER);
    for (let at: number | undefined = 0; at !== undefined && at + HEADER <= size; ) {
      readSync(descriptor, front, 0, HEADER, at);
      const header = readHeader(front);
      const offset: number = at + HEADER + (header?.traces ?? 0);
      if (header && offset + header.octets <= size) {
        yield { path, offset, header };
        at = offset + header.octets;
      } else at = nextMagic(descriptor, at + 1, size);
    }
  } finally {
    closeSync(descriptor);
  }
}

function nextMagic(descriptor: number, from: number, size: number): number | undefined {
  const piece = Buffer.allocUnsafe(PIECE);
  for (let at = from; at < size; at += PIECE - MAGIC.length) {
    const count = readSync(descriptor, piece, 0, PIECE, at);
    const found = piece.subarray(0, count).indexOf(MAGIC);
    if (found !== -1) return at + found;
  }
  return undefined;
}
