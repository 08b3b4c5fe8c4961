import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { isMissing } from '../../letters/segments/folder.ts';

/** What SQLite's log holds, and what it would make of it (https://www.sqlite.org/fileformat2.html#walformat). */
export interface LogState {
  /** Transactions that are whole: those that SQLite takes over. */
  readonly whole: number;
  /**
   * Transactions of the same log that lie behind a place that is not sound: SQLite drops them without a word. One of them may be what
   * a power cut has torn, and was never answered; since each is on the disk before the next is begun, two are damage.
   */
  readonly behind: number;
}

const HEADER = 32;
const FRAME = 24;

/** Reads the log beside the index; undefined when there is none, or nothing in it. Only while nobody has the index open. */
export function readLog(index: string): LogState | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(`${index}-wal`, 'r');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    return readFrames(descriptor, fstatSync(descriptor).size);
  } finally {
    closeSync(descriptor);
  }
}

/** Whether letters that were answered for would be lost if the index were opened beside this log. */
export function isDamagedLog({ behind }: LogState): boolean {
  return behind > 1;
}

function readFrames(descriptor: number, size: number): LogState | undefined {
  const header = Buffer.alloc(HEADER);
  if (readSync(descriptor, header, 0, HEADER, 0) < HEADER) return undefined;
  const magic = header.readUInt32BE(0);
  const big = magic === 0x377f0683;
  const page = header.readUInt32BE(8);
  let sum = summed([0, 0], header.subarray(0, 24), big);
  let sound = (big || magic === 0x377f0682) && sum[0] === header.readUInt32BE(24) && sum[1] === header.readUInt32BE(28);
  const length = sound && page >= 512 && page <= 65_536 ? FRAME + page : FRAME + 4096;
  const frame = Buffer.alloc(length);
  // Of a header that is not sound nothing is believed: its frames' own word counts.
  let salts = sound ? header.subarray(16, 24) : undefined;
  let whole = 0;
  let behind = 0;
  for (let at = HEADER; at + length <= size; at += length) {
    readSync(descriptor, frame, 0, length, at);
    salts ??= Buffer.from(frame.subarray(8, 16));
    const ours = frame.subarray(8, 16).equals(salts);
    const stored: Sum = [frame.readUInt32BE(16), frame.readUInt32BE(20)];
    const commits = ours && frame.readUInt32BE(4) !== 0;
    if (sound) {
      sum = summed(summed(sum, frame.subarray(0, 8), big), frame.subarray(FRAME), big);
      sound = ours && sum[0] === stored[0] && sum[1] === stored[1];
    }
    // What is left of an earlier round of the log ends it.
    if (!sound && !ours && !followed(descriptor, at + length, size, length, salts)) break;
    if (commits && sound) whole += 1;
    if (commits && !sound) behind += 1;
  }
  return { whole, behind };
}

/** Whether a frame further on is of the same log: then the one in between is damaged, and not the end. */
function followed(descriptor: number, from: number, size: number, length: number, salts: Buffer): boolean {
  const found = Buffer.alloc(8);
  for (let at = from, tries = 0; at + length <= size && tries < 16; at += length, tries += 1) {
    readSync(descriptor, found, 0, 8, at + 8);
    if (found.equals(salts)) return true;
  }
  return false;
}

type Sum = readonly [number, number];

/** SQLite's checksum of a log. */
function summed([first, second]: Sum, octets: Buffer, big: boolean): Sum {
  let [a, b] = [first, second];
  for (let at = 0; at + 8 <= octets.length; at += 8) {
    a = (a + (big ? octets.readUInt32BE(at) : octets.readUInt32LE(at)) + b) >>> 0;
    b = (b + (big ? octets.readUInt32BE(at + 4) : octets.readUInt32LE(at + 4)) + a) >>> 0;
  }
  return [a, b];
}
