import type { Sample } from './sample.ts';
import { growth, middle, type Point } from './slope.ts';

/** One thing that had to hold, and what was found. */
export interface Verdict {
  readonly what: string;
  readonly found: string;
  readonly bound: string;
  readonly holds: boolean;
}

/** What is compared when the traffic is over. */
export interface Ending {
  readonly samples: readonly Sample[];
  /** Before the first client came, and when the last one had gone. */
  readonly before: Sample;
  readonly after: Sample;
  /** After what was expunged had been destroyed and its room given back, in octets of segments. */
  readonly cleaned: Sample;
  /** Octets of the letters that are there at the end, trace fields and all. */
  readonly live: number;
}

const MIB = 2 ** 20;
/** The first part of a run says nothing of memory: caches fill, the compiler compiles, buffers are touched for the first time. */
const WARM_UP = 0.4;
/** What memory may grow by after that. */
const MEMORY = { share: 0.1, octets: 24 * MIB };
/**
 * In a run that is shorter than this, in seconds, caches with bounds of their own may be filling yet: 24 MiB of letters on their way, 24 of
 * the index's pages, 16 of its log.
 */
const SHORT = 600;
const CACHES = 64 * MIB;
/** Threads that start when they are first needed: libuv's pool, argon2's, and the workers of V8. */
const THREADS = 16;
/** Descriptors that a process holds for itself when it has been used, beside sockets and segments. */
const DESCRIPTORS = 8;
/** The store's cache of segments to read from (`openFiles`), and the one that is written. */
const SEGMENTS = 129;
/** A segment is left alone until half of it is dead, and the one that is being written may be anything. */
const DEAD = 0.5;
const SEGMENT = 64 * MIB;
/** The log is taken over at 4,000 pages, and cut to 32 MiB when it was longer. */
const LOG = 40 * MIB;

/** Whether the office used no more at the end than it has to. */
export function judgeUse({ samples, before, after, cleaned, live }: Ending): readonly Verdict[] {
  const warm = samples.slice(Math.floor(samples.length * WARM_UP));
  const memory = MEMORY.octets + ((samples.at(-1)?.at ?? 0) < SHORT ? CACHES : 0);
  return [
    steady(
      'resident memory',
      warm.map(({ at, resident }): Point => [at, resident]),
      memory,
    ),
    steady(
      'proportional memory',
      warm.map(({ at, proportional }): Point => [at, proportional]),
      memory,
    ),
    steady(
      'heap',
      warm.map(({ at, heap }): Point => [at, heap]),
    ),
    most('sockets at the end', after.sockets, before.sockets),
    most('segments open at the end', after.segmentsOpen, SEGMENTS),
    most('other descriptors', others(after), others(before) + DESCRIPTORS),
    most('threads at the end', after.threads, before.threads + THREADS),
    most('sessions at the end', after.sessions, 0),
    most('MiB of letters, cleaned up', cleaned.letters / MIB, live / (1 - DEAD) / MIB + SEGMENT / MIB),
    most('MiB of the log', Math.max(...samples.map(({ log }) => log)) / MIB, LOG / MIB),
    steady(
      'index',
      warm.map(({ at, index }): Point => [at, index]),
    ),
    steady(
      'files',
      warm.map(({ at, files }): Point => [at, files]),
      10,
    ),
  ];
}

function others({ descriptors, sockets, segmentsOpen }: Sample): number {
  return descriptors - sockets - segmentsOpen;
}

/** No growth beyond a share of its middle and a little more. */
function steady(what: string, points: readonly Point[], slack: number = MEMORY.octets): Verdict {
  const bound = slack + MEMORY.share * middle(points.map(([, value]) => value));
  const found = growth(points);
  const shown = (value: number) => (slack < MIB ? value.toFixed(1) : `${(value / MIB).toFixed(1)} MiB`);
  return { what: `growth of ${what}`, found: shown(found), bound: `at most ${shown(bound)}`, holds: found <= bound };
}

function most(what: string, found: number, bound: number): Verdict {
  const shown = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(1));
  return { what, found: shown(found), bound: `at most ${shown(bound)}`, holds: found <= bound };
}

/** Lines of the log that tell of something wrong: `error` and `fatal`. */
export function errorLines(log: string): readonly string[] {
  return log.split('\n').filter((line) => /^\{"level":"(error|fatal)"/.test(line));
}
