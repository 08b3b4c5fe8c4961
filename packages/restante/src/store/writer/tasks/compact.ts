import { hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { RecordRow } from '../../index/sqlite/contents.ts';
import type { IndexWrites } from '../../index/sqlite/writes.ts';
import type { LetterRecord, Place } from '../../letters/segments/appender.ts';
import { type DataFolder, isMissing, segmentPath } from '../../letters/segments/folder.ts';
import { HEADER, readHeader, recordOctets } from '../../letters/segments/record.ts';
import type { CompactReport } from '../orders.ts';
import type { Task } from './task.ts';

/** Octets moved at once: a few milliseconds between two batches of deliveries. */
const SLICE = 2 * 1024 * 1024;

/** Moves what lives in wasteful segments to the active one, and drops them. Records are proved sound on the way. */
export class CompactTask implements Task {
  readonly kind = 'compact';
  /** Nothing: it is not tried again, since what it had moved is given up with the rest of the round. */
  readonly cursor = {};
  readonly id: number;
  readonly #index: IndexWrites;
  readonly #data: DataFolder;
  readonly #segments: number[];
  #after = -1;
  #staged: RecordRow[] = [];
  #exhausted = false;
  #damaged = false;
  #dropped: number[] = [];
  readonly #left: () => number;
  #report = { segments: 0, octets: 0, damaged: 0 };

  /** `left` says how much room mail has. */
  constructor(index: IndexWrites, data: DataFolder, id: number, segments: readonly number[], left: () => number) {
    this.#index = index;
    this.#data = data;
    this.id = id;
    this.#segments = [...segments];
    this.#left = left;
  }

  get done(): boolean {
    return this.#segments.length === 0;
  }

  get result(): CompactReport {
    return { ...this.#report, left: this.#left() };
  }

  stage(): readonly LetterRecord[] {
    const [segment] = this.#segments;
    this.#staged = [];
    if (segment === undefined) return [];
    const rows = this.#index.contents.records(segment, this.#after, 1_000);
    const records: LetterRecord[] = [];
    let octets = 0;
    let seen = 0;
    const descriptor = rows.length > 0 ? openIfThere(segmentPath(this.#data, segment)) : undefined;
    if (rows.length > 0 && descriptor === undefined) {
      this.#damaged = true;
      this.#exhausted = true;
      return [];
    }
    try {
      for (const row of rows) {
        if (octets >= SLICE || descriptor === undefined) break;
        seen += 1;
        this.#after = row[1];
        const record = readRecord(descriptor, row);
        if (!record) {
          this.#damaged = true;
          continue;
        }
        this.#staged.push(row);
        records.push([record]);
        octets += record.length;
      }
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
    this.#exhausted = seen === rows.length && rows.length < 1_000;
    return records;
  }

  slice(_budget: number, places: readonly Place[]): number {
    const [segment] = this.#segments;
    if (segment === undefined) return 1;
    for (const [number, [id, , traces]] of this.#staged.entries()) {
      const place = places[number];
      if (!place) throw new Error('a staged record was not appended');
      this.#index.contents.move(id, place.segment, place.offset + HEADER + traces);
    }
    if (this.#exhausted) this.#finish(segment);
    return Math.max(this.#staged.length, 1);
  }

  takeDropped(): readonly number[] {
    const dropped = this.#dropped;
    this.#dropped = [];
    return dropped;
  }

  #finish(segment: number): void {
    if (this.#damaged) {
      this.#index.segments.markDamaged(segment);
      this.#report.damaged += 1;
    } else {
      const octets = this.#index.segments.remove(segment);
      if (octets !== undefined) {
        this.#report.octets += octets;
        this.#report.segments += 1;
        this.#dropped.push(segment);
      }
    }
    this.#segments.shift();
    this.#after = -1;
    this.#damaged = false;
  }
}

/** One segment that is lost, or cannot be read, must not keep all others from being compacted: it is damaged. */
function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function readWhole(descriptor: number, into: Buffer, offset: number): boolean {
  try {
    for (let done = 0; done < into.length; ) {
      const count = readSync(descriptor, into, done, into.length - done, offset + done);
      if (count === 0) return false;
      done += count;
    }
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EIO') return false;
    throw error;
  }
}

/** The record whole, or undefined when it is not what its header says. */
function readRecord(descriptor: number, [, offset, traces, octets]: RecordRow): Buffer | undefined {
  const record = Buffer.allocUnsafeSlow(recordOctets(traces, octets));
  if (!readWhole(descriptor, record, offset - traces - HEADER)) return undefined;
  const header = readHeader(record);
  if (!header || header.traces !== traces || header.octets !== octets) return undefined;
  if (crc32(record.subarray(HEADER, HEADER + traces)) !== header.tracesCheck) return undefined;
  const sound = hash('sha256', record.subarray(HEADER + traces), 'buffer').equals(header.sha256);
  return sound ? record : undefined;
}
