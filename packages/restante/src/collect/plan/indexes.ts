import type { LetterRecord } from '../journal/journal.ts';
import type { ListedLetter } from './plan.ts';

/** Records by their unique-id. Most unique-ids have one, and there may be a million. */
export class Named {
  readonly #records: readonly LetterRecord[];
  readonly #first = new Map<string, number>();
  readonly #more = new Map<string, number[]>();

  constructor(records: readonly LetterRecord[]) {
    this.#records = records;
    for (let index = 0; index < records.length; index++) {
      const uniqueId = records[index]?.uniqueId;
      if (uniqueId === undefined) continue;
      if (!this.#first.has(uniqueId)) this.#first.set(uniqueId, index);
      else if (!this.#more.get(uniqueId)?.push(index)) this.#more.set(uniqueId, [index]);
    }
  }

  has(uniqueId: string): boolean {
    return this.#first.has(uniqueId);
  }

  /** The index of the only record with this unique-id; undefined where there is none, or there are several. */
  only(uniqueId: string): number | undefined {
    return this.#more.has(uniqueId) ? undefined : this.#first.get(uniqueId);
  }

  /** Unique-ids that several letters of a listing have. */
  shared(listing: readonly ListedLetter[]): ReadonlySet<string> {
    const shared = new Set<string>();
    const isListed = new Uint8Array(this.#records.length);
    const others = new Set<string>();
    for (const { uniqueId } of listing) {
      if (uniqueId === undefined) continue;
      const at = this.#first.get(uniqueId);
      if (at === undefined ? others.has(uniqueId) : isListed[at] === 1) shared.add(uniqueId);
      if (at === undefined) others.add(uniqueId);
      else isListed[at] = 1;
    }
    return shared;
  }

  all(uniqueId: string): readonly LetterRecord[] {
    const first = this.#first.get(uniqueId);
    if (first === undefined) return [];
    return [first, ...(this.#more.get(uniqueId) ?? [])].map((index) => this.#records[index] as LetterRecord);
  }
}

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
