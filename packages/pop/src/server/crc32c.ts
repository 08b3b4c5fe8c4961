/** CRC-32C (Castagnoli; RFC 3720 §12.1), as a whole number from 0: of headers, that is of a few hundred octets. */
export function crc32c(octets: Uint8Array): number {
  let remainder = 0xffff_ffff;
  for (const octet of octets) remainder = (remainder >>> 8) ^ (TABLE[(remainder ^ octet) & 0xff] as number);
  return ~remainder >>> 0;
}

/** The polynomial 0x1EDC6F41, its bits in the order in which they are sent. */
const POLYNOMIAL = 0x82f6_3b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, octet) => {
  let remainder = octet;
  for (let bit = 0; bit < 8; bit += 1) remainder = (remainder >>> 1) ^ (remainder & 1 ? POLYNOMIAL : 0);
  return remainder;
});
