/** The octets that the protocols' framing is made of. */
export const NUL = 0x00;
export const LF = 0x0a;
export const CR = 0x0d;
export const DOT = 0x2e;

/** Octets as a Buffer over the same memory: what has `indexOf` on numbers and needles alike. */
export function view(octets: Uint8Array): Buffer {
  return Buffer.isBuffer(octets) ? octets : Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
}
