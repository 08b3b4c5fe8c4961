/** What is measured: `npm run bench -- NAME`. */
export interface Bench {
  readonly name: string;
  readonly summary: string;
  measure(options: BenchOptions): AsyncIterable<Comparison>;
}

export interface BenchOptions {
  /** How often each is measured, besides once to warm up. */
  readonly runs: number;
  /** Only comparisons and contestants whose names have this in them. */
  readonly only: { readonly comparison: string; readonly contestant: string };
  /** Whether programs that take minutes are left out. */
  readonly quick: boolean;
  /** Tells somebody who waits what is going on. */
  note(text: string): void;
}

/** Programs that did the same, in turn, on the same machine. */
export interface Comparison {
  readonly name: string;
  /** What each of them did. */
  readonly what: string;
  readonly results: readonly Result[];
}

export interface Result {
  readonly contestant: string;
  readonly version: string;
  /** One number a run, in the order of the runs. */
  readonly seconds: readonly number[];
}

/** Something that can be measured. */
export interface Contestant {
  readonly name: string;
  readonly version: string;
  /** Does it once, from nothing, and answers how long it took. Throws when it was not done. */
  run(): Promise<number>;
}

/** Seconds from which a run is so long that one has to do. */
const LONG = 45;

/**
 * Lets each do the same, so often, in an order that changes from round to round: what disturbs the machine, or warms it up,
 * falls on all alike. The first round is not counted, but for those whom it takes very long.
 */
export async function compare(
  contestants: readonly Contestant[],
  { runs, note }: Pick<BenchOptions, 'runs' | 'note'>,
): Promise<readonly Result[]> {
  const seconds = new Map(contestants.map((contestant) => [contestant, [] as number[]]));
  const isLong = new Set<Contestant>();
  for (let round = 0; round <= runs; round += 1) {
    const turn = round % contestants.length;
    for (const contestant of [...contestants.slice(turn), ...contestants.slice(0, turn)]) {
      if (isLong.has(contestant)) continue;
      const took = await contestant.run();
      note(`${contestant.name}: ${took.toFixed(2)} s${round === 0 ? ' (warm-up)' : ''}`);
      if (took > LONG) isLong.add(contestant);
      if (round > 0 || took > LONG) seconds.get(contestant)?.push(took);
    }
  }
  return contestants.map((contestant) => ({
    contestant: contestant.name,
    version: contestant.version,
    seconds: seconds.get(contestant) ?? [],
  }));
}

/** The number in the middle. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}
