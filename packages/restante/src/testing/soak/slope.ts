/** A measure at a time, in seconds. */
export type Point = readonly [at: number, value: number];

/** The middle one of the values, or between the middle two; NaN of none. */
export function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = low] = sorted.slice(sorted.length % 2 === 0 ? half - 1 : half, half + 1);
  return (low + high) / 2;
}

/**
 * How much a second the values grow: the middle of the slopes between any two points (Theil and Sen), which no three measures in
 * ten, however wild, can move. 0 for fewer than two points.
 */
export function slope(points: readonly Point[]): number {
  const slopes: number[] = [];
  for (const [index, [at, value]] of points.entries()) {
    for (const [later, then] of points.slice(index + 1)) if (later > at) slopes.push((then - value) / (later - at));
  }
  return slopes.length === 0 ? 0 : middle(slopes);
}

/** By how much the values grew from the first point to the last, by their {@link slope}. */
export function growth(points: readonly Point[]): number {
  const [from] = points.at(0) ?? [0];
  const [to] = points.at(-1) ?? [0];
  return slope(points) * (to - from);
}
