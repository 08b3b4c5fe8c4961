import { describe, test } from 'node:test';
import type { MaybePromise } from '@restante/pop/maildrop';
import { crashCases } from './conformance-crash.test.kit.ts';
import { disturbedCases } from './conformance-disturbed.test.kit.ts';
import { failingCases } from './conformance-failing.test.kit.ts';
import { placingCases } from './conformance-placing.test.kit.ts';
import type { Destination } from './destination.ts';
import type { DyingDestination } from './dying.test.kit.ts';
import { type AtStep, type DestinationStep, destinationSteps } from './steps.ts';

/** A fresh destination for one case, with what a test needs beyond the contract. */
export interface DestinationUnderTest {
  /** Opens it, each time as a run of its own does: what was opened before may be in any state, as if its process had died. */
  open(): MaybePromise<Destination>;
  /** What a reader finds there, in any order: the octets that the server had sent, worked out from what it sees. */
  letters(): MaybePromise<readonly Buffer[]>;
  /** What a destination has left beside its letters: names of files in staging, say. */
  leftovers(): MaybePromise<readonly string[]>;
  /** What becomes of a letter's octets in it; undefined where it refuses such a letter. Default: they stay as they are. */
  arrives?(sent: Buffer): Buffer | undefined;
  /** Where another program handles the letters: it has read all of them, or removes them. */
  readonly reader?: { read(): MaybePromise<void>; remove(): MaybePromise<void> };
  /** Ways in which it takes nothing at present. Each breaks it, and answers how to mend it. */
  readonly breaks?: Readonly<Record<string, () => MaybePromise<() => MaybePromise<void>>>>;
  /** How to open it in a process that is going to be killed at a step. */
  readonly dying?: DyingDestination;
  /** Opens it so that a test bends it at its steps. */
  bent?(at: AtStep): MaybePromise<Destination>;
  /** Lets go of everything. */
  close(): MaybePromise<void>;
}

/** What of {@link DestinationUnderTest} not every destination has. */
export type Facility = 'prepared' | 'reader' | 'breaks' | 'dying' | 'bent';

/** One promise of the contract, as something that either holds or throws. */
export interface DestinationCase {
  /** What holds, in words. */
  readonly name: string;
  /** For destinations that promise exactly once. */
  readonly exactlyOnce?: true;
  /** For destinations in which what was prepared survives us: others answer that it is not there, and it is fetched again. */
  readonly keepsPrepared?: true;
  /** What of {@link DestinationUnderTest} it needs. */
  readonly needs?: Facility;
  /** For destinations that come to it. */
  readonly step?: DestinationStep;
  run(tested: DestinationUnderTest): Promise<void>;
}

/** All that the contract promises. */
export const destinationCases: readonly DestinationCase[] = [
  ...placingCases,
  ...crashCases,
  ...disturbedCases,
  ...failingCases,
];

/**
 * Registers a `node:test` case for every promise of a {@link Destination}. What `has` does not name is left out: a
 * destination that nobody reads has no reader.
 *
 * @example
 * destinationConformance('a Maildir', openMine, { promise: 'exactly-once', has: ['prepared', 'reader', 'breaks', 'dying', 'bent'] });
 */
export function destinationConformance(
  name: string,
  open: () => MaybePromise<DestinationUnderTest>,
  {
    promise,
    has,
    steps = destinationSteps,
  }: {
    readonly promise: Destination['promise'];
    readonly has: readonly Facility[];
    /** Which steps it comes to. Default: all. */
    readonly steps?: readonly DestinationStep[];
  },
): void {
  describe(`${name} keeps the promises of a destination`, () => {
    for (const destinationCase of destinationCases) {
      if (destinationCase.exactlyOnce && promise !== 'exactly-once') continue;
      if (destinationCase.keepsPrepared && !has.includes('prepared')) continue;
      if (destinationCase.needs !== undefined && !has.includes(destinationCase.needs)) continue;
      if (destinationCase.step !== undefined && !steps.includes(destinationCase.step)) continue;
      test(destinationCase.name, () => runDestinationCase(destinationCase, open));
    }
  });
}

/** Runs one case against a fresh destination; rejects when the promise is broken. */
export async function runDestinationCase(
  destinationCase: DestinationCase,
  open: () => MaybePromise<DestinationUnderTest>,
): Promise<void> {
  const tested = await open();
  try {
    await destinationCase.run(tested);
  } finally {
    await tested.close();
  }
}
