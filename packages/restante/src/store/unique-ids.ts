import { randomFillSync } from 'node:crypto';

/** Octets of a unique-id: 128 random bits. */
const OCTETS = 16;

/**
 * Makes unique-ids: random, never a counter, so that a restored copy of the store gives none a second time (P3-56). 22
 * characters of A-Z, a-z, 0-9, `-` and `_` (P3-54). `random` is for tests; by default random octets are drawn for many ids at once,
 * since each draw costs more than an id.
 */
export function uniqueIds(random?: (octets: number) => Uint8Array): () => string {
  if (random) return () => Buffer.from(random(OCTETS)).toString('base64url');
  const pool = Buffer.alloc(256 * OCTETS);
  let next = pool.length;
  return () => {
    if (next === pool.length) {
      randomFillSync(pool);
      next = 0;
    }
    next += OCTETS;
    return pool.toString('base64url', next - OCTETS, next);
  };
}

/** Whether this can be a unique-id: 1 to 70 octets of 0x21 to 0x7E (RFC 1939 §7, P3-54). */
export function isUniqueId(text: string): boolean {
  return /^[\x21-\x7e]{1,70}$/.test(text);
}

/** Whether it has the form of ours: 16 octets end in a character of which only two bits are used. */
export function isLikeOurs(uniqueId: string): boolean {
  return /^[A-Za-z0-9_-]{21}[AQgw]$/.test(uniqueId);
}
