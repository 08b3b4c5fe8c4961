/** Whole groups of four, padding at the end only, and no bits set that the padding leaves over (RFC 4648 §3.5). */
const STRICT = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/;

/**
 * Decodes base64 as RFC 5034 §4 asks: `undefined` for any octet outside the alphabet, misplaced padding or a wrong
 * length, where Buffer's own decoder would skip it (AUTH-12). The empty text is zero octets.
 */
export function decodeBase64(text: string): Buffer | undefined {
  return STRICT.test(text) ? Buffer.from(text, 'base64') : undefined;
}

/** Encodes with padding and without line ends. */
export function encodeBase64(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('base64');
}
