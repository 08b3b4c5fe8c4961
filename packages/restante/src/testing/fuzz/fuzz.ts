import { LMTP, SMTP } from '../../delivery/protocol.ts';
import { Random } from '../oracle/random.ts';
import { corpus, type Input, type ProtocolName } from './corpus.ts';
import { Coverage } from './coverage.ts';
import { mailTarget } from './mail-target.ts';
import { mutate } from './mutate.ts';
import { pop3Target } from './pop3-target.ts';
import type { Target } from './target.ts';

export interface FuzzOptions {
  readonly protocol: ProtocolName;
  readonly seed: number;
  /** How many inputs at most. */
  readonly inputs: number;
  /** How long at most, in milliseconds. */
  readonly milliseconds: number;
  /** Findings after which it stops. */
  readonly findings?: number;
  /** Whether inputs that reach new branches are built upon. */
  readonly guided?: boolean;
}

export interface Found {
  /** What `--only` takes: the number of the input, and before it those that it was made from. */
  readonly lineage: string;
  readonly what: string;
  /** As short as it could be made. */
  readonly input: Input;
  readonly fault: number;
}

export interface FuzzReport {
  readonly protocol: ProtocolName;
  readonly seed: number;
  readonly inputs: number;
  readonly milliseconds: number;
  readonly branches: number;
  /** Inputs kept since they reached branches that none before them had. */
  readonly kept: number;
  readonly states: readonly string[];
  readonly findings: readonly Found[];
  /** Octets of memory in use, at the end and after the first tenth. */
  readonly heap: number;
}

/** Inputs between two looks at what was reached: a look takes milliseconds. */
const BETWEEN_LOOKS = 100;
/** Kept inputs, the newest of them, and how often one may stand on another. */
const MOST_KEPT = 4_000;
const DEEPEST = 12;

/** The inputs of a protocol, each by its lineage: the same for the same seed. */
export class Inputs {
  readonly #seed: number;
  readonly #corpus: readonly Input[];
  readonly #words: readonly Buffer[];

  constructor(protocol: ProtocolName, seed: number) {
    this.#seed = seed;
    this.#corpus = corpus(protocol);
    this.#words = this.#corpus.flat();
  }

  of(lineage: string): { readonly input: Input; readonly fault: number } {
    let input: Input | undefined;
    let fault = 0;
    for (const number of lineage.split('.').map(Number)) {
      const random = new Random((this.#seed ^ Math.imul(number + 1, 0x9e3779b1)) >>> 0);
      input ??= this.#corpus[random.below(this.#corpus.length)] ?? [];
      input = mutate(input, this.#corpus, this.#words, random);
      fault = random.oneIn(6) ? 1 + random.below(1_000) : 0;
    }
    return { input: input ?? [], fault };
  }
}

export function targetOf(protocol: ProtocolName): Target {
  return protocol === 'pop3' ? pop3Target : mailTarget(protocol === 'smtp' ? SMTP : LMTP);
}

/** What is wrong with an input, or undefined. What is thrown anywhere meanwhile is a finding too. */
export async function tried(
  target: Target,
  input: Input,
  fault: number,
  states?: Set<string>,
): Promise<string | undefined> {
  let loose: unknown;
  const note = (error: unknown) => {
    loose ??= error;
  };
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
  try {
    for (const state of await target.run(input, fault)) states?.add(state);
  } catch (error) {
    return error instanceof Error && error.name === 'Finding' ? error.message : String((error as Error).stack);
  } finally {
    process.off('uncaughtException', note);
    process.off('unhandledRejection', note);
  }
  return loose === undefined ? undefined : `thrown where nobody catches it: ${(loose as Error).stack}`;
}

export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { protocol, seed, guided = true } = options;
  const inputs = new Inputs(protocol, seed);
  const target = targetOf(protocol);
  const coverage = guided ? new Coverage() : undefined;
  const choice = new Random(seed);
  const kept: string[] = [];
  const states = new Set<string>();
  const findings: Found[] = [];
  const began = performance.now();
  let recent: string[] = [];
  let number = 0;
  let everKept = 0;
  try {
    while (number < options.inputs && performance.now() - began < options.milliseconds) {
      const parent = kept.length > 0 && choice.oneIn(2) ? kept[choice.below(kept.length)] : undefined;
      const lineage = parent === undefined ? `${number}` : `${parent}.${number}`;
      const { input, fault } = inputs.of(lineage);
      const what = await tried(target, input, fault, states);
      if (what !== undefined) {
        findings.push({ lineage, what, fault, input: await shrunk(target, input, fault, what) });
        if (findings.length >= (options.findings ?? 10)) break;
      }
      recent.push(lineage);
      number += 1;
      if (coverage !== undefined && recent.length === BETWEEN_LOOKS) {
        if (coverage.look() > 0) {
          const promising = recent.filter((each) => each.split('.').length < DEEPEST);
          kept.push(...promising);
          everKept += promising.length;
          if (kept.length > MOST_KEPT) kept.splice(0, kept.length - MOST_KEPT);
        }
        recent = [];
      }
    }
    coverage?.look();
    return {
      protocol,
      seed,
      inputs: number,
      milliseconds: performance.now() - began,
      branches: coverage?.branches ?? 0,
      kept: everKept,
      states: [...states].sort(),
      findings,
      heap: process.memoryUsage().heapUsed,
    };
  } finally {
    coverage?.close();
  }
}

/** The first words of a finding: what is quoted in it changes while it is made shorter. */
function gist(what: string): string {
  return what
    .replace(/"(?:[^"\\]|\\.)*"/g, '')
    .replace(/\d+/g, '')
    .slice(0, 60);
}

/** Leaves out writes, then octets, for as long as the same is wrong. */
async function shrunk(target: Target, input: Input, fault: number, what: string): Promise<Input> {
  let least = input;
  let tries = 600;
  const isStill = async (candidate: Input): Promise<boolean> => {
    tries -= 1;
    const now = tries > 0 ? await tried(target, candidate, fault) : undefined;
    return now !== undefined && gist(now) === gist(what);
  };
  const joined = [Buffer.concat(least)];
  if (await isStill(joined)) least = joined.flatMap((octets) => linesOf(octets));
  if (!(await isStill(least))) least = input;
  for (let size = Math.ceil(least.length / 2); size >= 1 && tries > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < least.length && tries > 0; ) {
      const without = least.toSpliced(at, size);
      if (await isStill(without)) least = without;
      else at += size;
    }
  }
  for (let at = 0; at < least.length && tries > 0; at += 1) {
    for (
      let size = Math.ceil((least[at]?.length ?? 0) / 2);
      size >= 1 && tries > 0;
      size = size === 1 ? 0 : Math.ceil(size / 2)
    ) {
      for (let from = 0; from < (least[at]?.length ?? 0) && tries > 0; ) {
        const write = least[at] ?? Buffer.alloc(0);
        const without = least.toSpliced(at, 1, Buffer.concat([write.subarray(0, from), write.subarray(from + size)]));
        if (await isStill(without)) least = without;
        else from += size;
      }
    }
  }
  return least;
}

function linesOf(octets: Buffer): Buffer[] {
  const lines = octets.toString('latin1').match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return lines.map((line) => Buffer.from(line, 'latin1'));
}
