import { setImmediate } from 'node:timers/promises';

/** Longer words are no slip of the fingers, and would cost time. */
const LONGEST = 64;

/** The known word that was probably meant, if any is near enough to be worth saying. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > LONGEST) return undefined;
  let best: string | undefined;
  let bound = boundFor(word);
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bound) {
      best = candidate;
      bound = distance;
    }
  }
  return best;
}

/** The known words that may have been meant, the nearest first. However many are known, others have their turn. */
export async function nearestFew(word: string, known: Iterable<string>, few: number): Promise<readonly string[]> {
  if (word.length > LONGEST) return [];
  const bound = boundFor(word);
  const near: { readonly candidate: string; readonly distance: number }[] = [];
  let compared = 0;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= bound) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bound) near.push({ candidate, distance });
    compared += 1;
    if (compared % SLICE === 0) await setImmediate();
  }
  near.sort((one, other) => one.distance - other.distance);
  return near.slice(0, few).map(({ candidate }) => candidate);
}

/** Words that are compared in one go. */
const SLICE = 200;

/** Two slips in a word of six letters, one in a word of three: more, and the guess misleads. */
function boundFor(word: string): number {
  return Math.floor(word.length / 3) + 1;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      let cost = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] as number;
}
