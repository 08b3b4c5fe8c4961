import { isIPv4 } from 'node:net';

/** A header of version 2: its octets 13 and 14, and what stands behind its length. */
export function version2(command: number, family: number, block: readonly number[]): Buffer {
  const length = [block.length >> 8, block.length & 0xff];
  return Buffer.concat([SIGNATURE, Buffer.from([command, family, ...length, ...block])]);
}

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

/** What a proxy says of a connection, in version 2. */
export function announce(source: string, destination: string, { checksum = false } = {}): Buffer {
  const family = isIPv4(source) ? 0x11 : 0x21;
  const block = [...octetsOf(source), ...octetsOf(destination), 0xdc, 4, 3, 0xe3];
  if (!checksum) return version2(0x21, family, block);
  const header = version2(0x21, family, [...block, 3, 0, 4, 0, 0, 0, 0]);
  header.writeUInt32BE(slowCrc32c(header), header.length - 4);
  return header;
}

/** Bit for bit, as RFC 3720 §12.1 has it. */
function slowCrc32c(octets: Uint8Array): number {
  let remainder = 0xffffffff;
  for (const octet of octets) {
    for (let bit = 0; bit < 8; bit += 1) {
      const one = (remainder ^ (octet >> bit)) & 1;
      remainder = (remainder >>> 1) ^ (one ? 0x82f63b78 : 0);
    }
  }
  return ~remainder >>> 0;
}

function octetsOf(address: string): number[] {
  if (isIPv4(address)) return address.split('.').map(Number);
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const [, before = '', a, b, c, d] = dotted ?? [];
  const hex = (high: unknown, low: unknown) => ((Number(high) << 8) | Number(low)).toString(16);
  const plain = dotted === null ? address : `${before}${hex(a, b)}:${hex(c, d)}`;
  const [left = '', right] = plain.split('::');
  const groups = (text: string) => text.split(':').filter((group) => group !== '');
  const middle = right === undefined ? 0 : 8 - groups(left).length - groups(right).length;
  const all = [...groups(left), ...new Array<string>(middle).fill('0'), ...groups(right ?? '')];
  return all.flatMap((group) => {
    const number = Number.parseInt(group, 16);
    return [number >> 8, number & 0xff];
  });
}
