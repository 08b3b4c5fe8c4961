import type { Plan, Step } from './plan.ts';

/** A step as `--dry-run` prints it. */
export interface PlanRow {
  /** Of the letter that it has to do with; undefined for a commit, as are `uniqueId` and `octets`. */
  readonly number: number | undefined;
  readonly uniqueId: string | undefined;
  readonly octets: number | undefined;
  readonly action: Action;
  readonly why: string;
}

/** `compare`: it is read to know which letter it is, and not kept if it is kept already. */
export type Action =
  | 'fetch'
  | 'fetch, delete'
  | 'fetch its header'
  | 'compare'
  | 'compare, delete'
  | 'delete'
  | 'leave'
  | 'commit';

/** What a plan does, step by step. */
export function planRows({ steps }: Pick<Plan, 'steps'>): PlanRow[] {
  return steps.map((step) => {
    const action = actionOf(step);
    const { why } = step;
    if (step.type === 'commit') return { number: undefined, uniqueId: undefined, octets: undefined, action, why };
    const { number, uniqueId, octets } = step.letter;
    return { number, uniqueId, octets, action, why };
  });
}

function actionOf(step: Step): Action {
  if (step.type !== 'fetch') return step.type;
  if (step.known === 'by-octets') return step.thenDelete ? 'compare, delete' : 'compare';
  if (step.part === 'headers') return 'fetch its header';
  return step.thenDelete ? 'fetch, delete' : 'fetch';
}
