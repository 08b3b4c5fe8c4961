/** Fewer in a row may have the same sizes by chance. */
const FEWEST_IN_A_ROW = 3;

type Size = number | undefined;

/**
 * Finds rows of letters that have the sizes of a row of records, in the same order: at least three in a row, one of them
 * of a size that occurs once among the letters and once among the records. Answers pairs of indexes, in order.
 */
export function sameSizesInOrder(
  letters: readonly Size[],
  records: readonly Size[],
): readonly (readonly [letter: number, record: number])[] {
  const found = new Map<number, number>();
  const taken = new Set<number>();
  const take = (letter: number, record: number): void => {
    found.set(letter, record);
    taken.add(record);
  };
  const anchors = inOrder(uniqueInBoth(letters, records));
  for (const [letter, record] of anchors) take(letter, record);
  for (const direction of [1, -1]) {
    for (const anchor of anchors) {
      let [letter, record] = anchor;
      for (;;) {
        letter += direction;
        record += direction;
        const size = letters[letter];
        if (size === undefined || size !== records[record] || found.has(letter) || taken.has(record)) break;
        take(letter, record);
      }
    }
  }
  return rows([...found].sort(([one], [other]) => one - other));
}

function uniqueInBoth(letters: readonly Size[], records: readonly Size[]): [number, number][] {
  const there = uniqueSizes(records);
  const both: [number, number][] = [];
  for (const [size, letter] of uniqueSizes(letters)) {
    const record = there.get(size);
    if (letter !== undefined && record !== undefined) both.push([letter, record]);
  }
  return both;
}

/** The index of each size, and undefined for one that occurs more than once. In the order in which they came. */
function uniqueSizes(sizes: readonly Size[]): Map<number, number | undefined> {
  const found = new Map<number, number | undefined>();
  for (const [index, size] of sizes.entries()) {
    if (size !== undefined) found.set(size, found.has(size) ? undefined : index);
  }
  return found;
}

/** The most pairs, of those given in the order of their letters, whose records are in order too (patience sorting). */
function inOrder(pairs: readonly [number, number][]): [number, number][] {
  /** Of each length, the pair that ends a row of this length with the lowest record. */
  const ends: number[] = [];
  const before = new Array<number>(pairs.length);
  for (const [index, [, record]] of pairs.entries()) {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[ends[middle] as number] as [number, number])[1] < record) low = middle + 1;
      else high = middle;
    }
    before[index] = low === 0 ? -1 : (ends[low - 1] as number);
    ends[low] = index;
  }
  const row: [number, number][] = [];
  for (let index = ends.at(-1) ?? -1; index !== -1; index = before[index] as number) {
    row.push(pairs[index] as [number, number]);
  }
  return row.reverse();
}

/** Those that stand in a row that is long enough. */
function rows(pairs: readonly [number, number][]): [number, number][] {
  const kept: [number, number][] = [];
  let row: [number, number][] = [];
  for (const pair of pairs) {
    const last = row.at(-1);
    if (last !== undefined && (pair[0] !== last[0] + 1 || pair[1] !== last[1] + 1)) row = [];
    row.push(pair);
    if (row.length === FEWEST_IN_A_ROW) kept.push(...row);
    else if (row.length > FEWEST_IN_A_ROW) kept.push(pair);
  }
  return kept;
}
