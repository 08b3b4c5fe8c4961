import type { Step } from '../plan/plan.ts';

export type FetchStep = Extract<Step, { type: 'fetch' }>;
export type DeleteStep = Extract<Step, { type: 'delete' }>;

/** Letters that are asked for together: each time is one transaction of the journal. */
const GROUP = 32;
/** Octets that are under way at most, as far as LIST tells, unless it is one letter. */
const MOST_OCTETS = 32 * 1024 * 1024;

/** What a header may have, and be in memory with until it is its turn. */
const HEADER = 4 * 1024 * 1024;

/** Steps that can be begun together. */
export interface StepGroup {
  readonly fetches: readonly FetchStep[];
  readonly deletes: readonly DeleteStep[];
  /** Whether it is one letter that has been in trouble before: nothing else may be under way beside it. */
  readonly alone: boolean;
}

/** The steps of a plan that are still to be done, as far as a `commit` step. */
export class StepsAhead {
  readonly #steps: readonly Step[];
  readonly #isSuspect: (key: string) => boolean;
  #at = 0;

  constructor(steps: readonly Step[], isSuspect: (key: string) => boolean) {
    this.#steps = steps;
    this.#isSuspect = isSuspect;
  }

  /** The next ones that can be begun while these are under way. */
  take(open: readonly { readonly step: FetchStep }[]): StepGroup {
    const fetches: FetchStep[] = [];
    const deletes: DeleteStep[] = [];
    let octets = open.reduce((sum, { step }) => sum + octetsOf(step), 0);
    for (; fetches.length < GROUP; this.#at += 1) {
      const step = this.#steps[this.#at];
      if (step === undefined || step.type === 'commit') break;
      if (step.type === 'delete') deletes.push(step);
      if (step.type !== 'fetch') continue;
      const first = fetches.length + open.length === 0;
      const suspect = this.#isSuspect(step.key);
      octets += octetsOf(step);
      if (!first && (suspect || octets > MOST_OCTETS)) break;
      fetches.push(step);
      if (!suspect) continue;
      this.#at += 1;
      return { fetches, deletes, alone: true };
    }
    return { fetches, deletes, alone: false };
  }
}

function octetsOf({ part, letter: { octets = 0 } }: FetchStep): number {
  return part === 'headers' ? HEADER : octets;
}
