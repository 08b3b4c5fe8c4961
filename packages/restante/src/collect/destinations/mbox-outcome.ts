import type { AppendNote, NotedEntry, Outcome } from './mbox-append.ts';
import type { MboxFile } from './mbox-file.ts';

/** What the file shows of an append. */
export interface Shown {
  /** For each entry, in order. */
  readonly outcomes: readonly Outcome[];
  /** Where the file ended before what is at its end and no whole entry; undefined where that is not ours. */
  readonly end: number | undefined;
  /** Whether nothing but what was to be appended stands behind where it ended before. */
  readonly ours: boolean;
}

/** What asks for an entry's octets; undefined where they are no longer to be had, since it was complete. */
export type OctetsOf = (entry: NotedEntry) => Iterable<Buffer> | undefined;

/** Tells what came of an append, by the file's octets alone. */
export function outcomeOf(file: MboxFile, note: AppendNote, octetsOf: OctetsOf): Shown {
  const { size } = file;
  const unchanged = file.inode === note.inode && size >= note.before && file.tail(note.before) === note.tail;
  if (!unchanged) return changed(note);
  const lineEnds = Buffer.from(note.lineEnds);
  const begun = file.read(note.before, note.before + lineEnds.length);
  if (!lineEnds.subarray(0, begun.length).equals(begun)) return partOf(file, note, 0, note.before, octetsOf);
  let at = note.before + lineEnds.length;
  if (at >= size) return { outcomes: note.entries.map(() => 'incomplete'), end: note.before, ours: true };
  for (const [index, entry] of note.entries.entries()) {
    const end = at + entry.length;
    const complete = octetsOf(entry) === undefined || (end <= size && file.digest(at, end) === entry.sha256);
    if (!complete) return partOf(file, note, index, at, octetsOf);
    at = end;
  }
  return { outcomes: note.entries.map(() => 'complete'), end: undefined, ours: at === size };
}

function changed(note: AppendNote): Shown {
  return { outcomes: note.entries.map(() => 'not-known'), end: undefined, ours: false };
}

/** The first entry that is not complete, and what is there in its place. */
function partOf(file: MboxFile, note: AppendNote, from: number, at: number, octetsOf: OctetsOf): Shown {
  const outcomes = (complete: number, rest: Outcome): readonly Outcome[] =>
    note.entries.map((_, index) => (index < complete ? 'complete' : rest));
  const { size } = file;
  const same = at + commonLength(file, at, expected(note, from, at, octetsOf));
  if (same === size || hasHoles(file, at, expected(note, from, at, octetsOf))) {
    return { outcomes: outcomes(from, 'incomplete'), end: from === 0 ? note.before : at, ours: true };
  }
  // Another program has appended a letter: behind what we had written, in the middle of a line perhaps.
  const around = file.read(Math.max(at, same - 5), same + 8).toString('latin1');
  const begins = around.indexOf('From ');
  if (begins === -1 || begins > Math.min(5, same - at) + 2) {
    return { outcomes: outcomes(from, 'not-known'), end: undefined, ours: false };
  }
  // For want of nothing but the empty line behind it, a letter is there.
  const whole = same >= at + (note.entries[from]?.length ?? 0) - 1;
  return { outcomes: outcomes(whole ? from + 1 : from, 'incomplete'), end: undefined, ours: false };
}

/** What was to be from an entry on, or from the line ends on that go in front. */
function* expected(note: AppendNote, from: number, at: number, octetsOf: OctetsOf): Generator<Buffer> {
  if (at === note.before) yield Buffer.from(note.lineEnds);
  for (const entry of note.entries.slice(from)) {
    const octets = octetsOf(entry);
    if (octets === undefined) return;
    yield* octets;
  }
}

/** How many octets of the file from there on are those. */
function commonLength(file: MboxFile, at: number, octets: Iterable<Buffer>): number {
  let length = 0;
  for (const piece of octets) {
    const there = file.read(at + length, at + length + piece.length);
    if (there.equals(piece)) {
      length += piece.length;
      continue;
    }
    return length + sameLength(there, piece);
  }
  return length;
}

function sameLength(one: Buffer, other: Buffer): number {
  if (one.equals(other)) return one.length;
  let same = 0;
  while (same < one.length && one[same] === other[same]) same += 1;
  return same;
}

/** A power cut may leave holes: each sector of what was to be has its octets, or zeros, or those from some octet on. */
function hasHoles(file: MboxFile, start: number, octets: Iterable<Buffer>): boolean {
  let at = start;
  for (const piece of octets) {
    for (let from = 0; from < piece.length; ) {
      const to = Math.min(piece.length, from + SECTOR - ((at + from) % SECTOR));
      const there = file.read(at + from, at + to);
      const zeros = there.subarray(sameLength(there, piece.subarray(from, to)));
      if (!zeros.equals(ZEROS.subarray(0, zeros.length))) return false;
      from = to;
    }
    at += piece.length;
  }
  return file.size <= at;
}

/** What a disk writes as a whole, at least. */
const SECTOR = 512;
const ZEROS = Buffer.alloc(SECTOR);
