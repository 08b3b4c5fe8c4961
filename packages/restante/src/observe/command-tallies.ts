import { Spread } from '../store/spread.ts';
import type { LabelledSpread } from './spread-metric.ts';

/** Bounds of latencies, in milliseconds: from what is answered out of memory to what people complain about. */
export const LATENCIES = [0.1, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 10_000];

/** What is said of a command, whatever the protocol. The keyword is one of the protocol's own, or absent. */
export interface AnyCommand {
  readonly keyword?: string;
  readonly outcome: string;
  readonly milliseconds: number;
}

interface Tally {
  readonly outcomes: Map<string, number>;
  readonly latencies: Spread;
}

/** One number, with the labels that tell it from the others of its metric. */
export interface LabelledCount {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Keywords that no protocol here knows, all together: a label for each would be a peer's to choose. */
const OTHER = 'other';

/** Counts commands in plain numbers: it is told of every one of them, and the metrics' library takes ten times as long. */
export class CommandTallies {
  readonly #tallies = new Map<string, Map<string, Tally>>();

  /** What is to be told of each command of this protocol. */
  recorder(protocol: string): (command: AnyCommand) => void {
    const tallies = this.#tallies.get(protocol) ?? new Map<string, Tally>();
    this.#tallies.set(protocol, tallies);
    return ({ keyword = OTHER, outcome, milliseconds }) => {
      let tally = tallies.get(keyword);
      if (tally === undefined) {
        tally = { outcomes: new Map(), latencies: new Spread(LATENCIES) };
        tallies.set(keyword, tally);
      }
      tally.outcomes.set(outcome, (tally.outcomes.get(outcome) ?? 0) + 1);
      tally.latencies.add(milliseconds);
    };
  }

  *counts(): Generator<LabelledCount> {
    for (const [protocol, command, { outcomes }] of this.#all()) {
      for (const [outcome, value] of outcomes) yield { labels: { protocol, command, outcome }, value };
    }
  }

  *latencies(): Generator<LabelledSpread> {
    for (const [protocol, command, { latencies }] of this.#all()) {
      yield { labels: { protocol, command }, reading: latencies.read() };
    }
  }

  *#all(): Generator<[protocol: string, command: string, tally: Tally]> {
    for (const [protocol, tallies] of this.#tallies) {
      for (const [command, tally] of tallies) yield [protocol, command, tally];
    }
  }
}
