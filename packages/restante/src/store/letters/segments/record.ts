import { crc32 } from 'node:zlib';

/**
 * A letter in a segment: this header, the trace fields of each recipient one behind the other, the content.
 * With a single recipient its trace fields stand directly in front of the content: one read gets the whole letter.
 *
 * | octets | what |
 * | --- | --- |
 * | 0..7 | `restante` |
 * | 8..9 | version of this form: 1 |
 * | 10..11 | length of this header |
 * | 12..15 | octets of all trace fields |
 * | 16..21 | octets of the content |
 * | 22..23 | 0 |
 * | 24..27 | CRC-32 of all trace fields |
 * | 28..59 | SHA-256 of the content |
 * | 60..63 | CRC-32 of octets 0 to 59 |
 *
 * Numbers are little-endian. All that is needed in service is in the index; the header lets a segment be verified, and
 * its letters be found again, without one.
 */
export interface RecordHeader {
  readonly traces: number;
  readonly octets: number;
  readonly tracesCheck: number;
  readonly sha256: Uint8Array;
}

export const HEADER = 64;
const MAGIC = Buffer.from('restante', 'latin1');
const VERSION = 1;

export function writeHeader(into: Buffer, header: RecordHeader): void {
  into.fill(0, 0, HEADER);
  MAGIC.copy(into, 0);
  into.writeUInt16LE(VERSION, 8);
  into.writeUInt16LE(HEADER, 10);
  into.writeUInt32LE(header.traces, 12);
  into.writeUIntLE(header.octets, 16, 6);
  into.writeUInt32LE(header.tracesCheck, 24);
  into.set(header.sha256, 28);
  into.writeUInt32LE(crc32(into.subarray(0, 60)), 60);
}

/** The header at the start of these octets; undefined when there is none that is sound. */
export function readHeader(from: Buffer): RecordHeader | undefined {
  if (from.length < HEADER || !from.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  if (from.readUInt16LE(8) !== VERSION || from.readUInt16LE(10) !== HEADER) return undefined;
  if (from.readUInt32LE(60) !== crc32(from.subarray(0, 60))) return undefined;
  return {
    traces: from.readUInt32LE(12),
    octets: from.readUIntLE(16, 6),
    tracesCheck: from.readUInt32LE(24),
    sha256: Buffer.from(from.subarray(28, 60)),
  };
}

/** Octets of the whole record. */
export function recordOctets(traces: number, octets: number): number {
  return HEADER + traces + octets;
}
