import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { Statement } from '../index/sqlite/statement.ts';
import { type ContentFacts, ContentMeasure } from '../letters/measure.ts';
import { type DataFolder, segmentNumbers, segmentPath, syncFolder } from '../letters/segments/folder.ts';
import { HEADER, recordOctets, writeHeader } from '../letters/segments/record.ts';
import { type ContentRow, readWhole } from '../verify/record.ts';
import { type FoundRecord, scanRecords } from './scan.ts';

/** Where octets may be had that are a letter's. */
interface Source {
  readonly path: string;
  readonly offset: number;
  /** Octets of the trace fields in front. */
  readonly traces: number;
}

type TraceRow = [distance: number, octets: number, check: number];

const PIECE = 1024 * 1024;

/**
 * Puts sound records in the place of damaged ones. The octets come from wherever they are proved to be the same: the damaged record
 * itself (its header alone may be damaged), another in the store, one of a backup. They go into a new segment, which is on the disk
 * before the index names it.
 */
export class Replacements {
  readonly #index: DatabaseSync;
  readonly #data: DataFolder;
  readonly #dryRun: boolean;
  readonly #found = new Map<string, FoundRecord[]>();
  readonly #traces: Statement<TraceRow>;
  readonly #number: number;
  #descriptor: number | undefined;
  #end = 0;

  /** Looks through the segments of these folders for records of the damaged contents. */
  constructor(
    index: DatabaseSync,
    data: DataFolder,
    folders: readonly DataFolder[],
    damaged: readonly ContentRow[],
    dryRun: boolean,
  ) {
    this.#index = index;
    this.#data = data;
    this.#dryRun = dryRun;
    this.#traces = new Statement(
      index,
      'SELECT trace_distance, trace_octets, trace_check FROM placements WHERE content = ?',
    );
    for (const row of damaged) this.#found.set(Buffer.from(row[7]).toString('hex'), []);
    for (const folder of folders) {
      for (const number of segmentNumbers(folder).sort((a, b) => a - b)) this.#gather(segmentPath(folder, number));
    }
    const last = new Statement<[number | null]>(index, 'SELECT max(number) FROM segments').get()?.[0] ?? 0;
    this.#number = Math.max(last, ...segmentNumbers(data)) + 1;
  }

  /** Answers whether the content has a sound record now. */
  replace(row: ContentRow): boolean {
    const [id, segment, offset, traces, octets, , , sha256] = row;
    const own = { path: segmentPath(this.#data, segment), offset, traces };
    const others = (this.#found.get(Buffer.from(sha256).toString('hex')) ?? []).map(({ path, offset, header }) => ({
      path,
      offset,
      traces: header.traces,
    }));
    const sources: readonly Source[] = [own, ...others];
    const letters = this.#traces.all(id);
    const front = first(sources, (source) => this.#tracesOf(source, traces, letters));
    if (front === undefined) return false;
    const content = first(sources, (source) => {
      const facts = factsOf(source, octets);
      return facts && Buffer.from(facts.sha256).equals(sha256) ? { source, facts } : undefined;
    });
    if (content === undefined) return false;
    const placed = this.#append(front, content.source, content.facts);
    this.#index
      .prepare(
        'INSERT INTO segments (number, octets, dead) VALUES (?, ?, 0) ON CONFLICT DO UPDATE SET octets = excluded.octets',
      )
      .run(this.#number, this.#end);
    const { body, dotted, checks } = content.facts;
    this.#index
      .prepare('UPDATE contents SET segment = ?, offset = ?, body = ?, dotted = ?, checks = ? WHERE id = ?')
      .run(this.#number, placed, body, dotted ? 1 : 0, checks, id);
    return true;
  }

  /** Makes what was written durable; before the index commits. */
  finish(): void {
    if (this.#descriptor === undefined) return;
    fsyncSync(this.#descriptor);
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
    syncFolder(this.#data.letters);
  }

  #gather(path: string): void {
    for (const record of scanRecords(path)) {
      this.#found.get(Buffer.from(record.header.sha256).toString('hex'))?.push(record);
    }
  }

  /** The trace fields there, if they are those of each of the letters. */
  #tracesOf(source: Source, octets: number, letters: readonly TraceRow[]): Buffer | undefined {
    if (source.traces !== octets || source.offset < octets) return undefined;
    const traces = Buffer.alloc(octets);
    if (!reading(source.path, (descriptor) => readWhole(descriptor, traces, source.offset - octets))) return undefined;
    const sound = letters.every(([distance, length, check]) => {
      const from = octets - distance;
      return from >= 0 && length <= distance && crc32(traces.subarray(from, from + length)) === check;
    });
    return sound ? traces : undefined;
  }

  #append(traces: Buffer, source: Source, facts: ContentFacts): number {
    const header = Buffer.alloc(HEADER);
    const { octets, sha256 } = facts;
    writeHeader(header, { traces: traces.length, octets, tracesCheck: crc32(traces), sha256 });
    const placed = this.#end + HEADER + traces.length;
    if (!this.#dryRun) {
      this.#descriptor ??= openSync(segmentPath(this.#data, this.#number), 'wx', 0o600);
      const into = this.#descriptor;
      let at = this.#end;
      for (const piece of [header, traces]) at = writeAll(into, piece, at);
      for (const piece of piecesOf(source, octets)) at = writeAll(into, piece, at);
    }
    this.#end += recordOctets(traces.length, octets);
    return placed;
  }
}

function first<T, R>(all: readonly T[], find: (one: T) => R | undefined): R | undefined {
  for (const one of all) {
    const found = find(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

function factsOf(source: Source, octets: number): ContentFacts | undefined {
  const measure = new ContentMeasure();
  try {
    for (const piece of piecesOf(source, octets)) measure.update(piece);
  } catch {
    return undefined;
  }
  return measure.octets === octets ? measure.finish() : undefined;
}

/** Ends early where the file does. */
export function* piecesOf({ path, offset }: Pick<Source, 'path' | 'offset'>, octets: number): Generator<Buffer> {
  const descriptor = openSync(path, 'r');
  try {
    for (let done = 0; done < octets; ) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE, octets - done));
      if (!readWhole(descriptor, piece, offset + done)) return;
      done += piece.length;
      yield piece;
    }
  } finally {
    closeSync(descriptor);
  }
}

function reading(path: string, work: (descriptor: number) => boolean): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return false;
  }
  try {
    return work(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export function writeAll(descriptor: number, octets: Uint8Array, position: number): number {
  for (let done = 0; done < octets.length; ) {
    done += writeSync(descriptor, octets, done, octets.length - done, position + done);
  }
  return position + octets.length;
}
