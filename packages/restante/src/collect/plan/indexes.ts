/** What has a key, by it, in order. */
export function indexBy<T>(
  some: readonly T[],
  keyOf: (one: T) => string | undefined,
): ReadonlyMap<string, readonly [T, ...T[]]> {
  const index = new Map<string, [T, ...T[]]>();
  for (const one of some) {
    const key = keyOf(one);
    if (key === undefined) continue;
    const found = index.get(key);
    if (found === undefined) index.set(key, [one]);
    else found.push(one);
  }
  return index;
}

/** Keys that occur more than once. */
export function repeated<T>(some: readonly T[], keyOf: (one: T) => string | undefined): ReadonlySet<string> {
  const seen = new Set<string>();
  const again = new Set<string>();
  for (const one of some) {
    const key = keyOf(one);
    if (key === undefined) continue;
    if (seen.has(key)) again.add(key);
    else seen.add(key);
  }
  return again;
}
