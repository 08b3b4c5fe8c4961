/** Cuts octets at these places, in any order and out of range as they may be: what a network may do to them. */
export function cut(octets: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [...places].filter((place) => place < octets.length).sort((a, b) => a - b);
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const place of sorted) {
    parts.push(octets.subarray(from, place));
    from = place;
  }
  parts.push(octets.subarray(from));
  return parts;
}
