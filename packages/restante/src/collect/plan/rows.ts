import type { Plan } from './plan.ts';

/** A letter in what `--dry-run` prints. */
export interface PlanRow {
  readonly number: number;
  readonly uniqueId: string | undefined;
  readonly octets: number | undefined;
  /** `compare` is a letter that is read only to tell which it is; with `and delete` it leaves the server once it is safe. */
  readonly action:
    | 'fetch'
    | 'fetch and delete'
    | 'fetch header'
    | 'compare'
    | 'compare and delete'
    | 'delete'
    | 'leave';
  readonly why: string;
}

/** What a plan does with each letter, by message-number. */
export function planRows({ steps }: Pick<Plan, 'steps'>): PlanRow[] {
  const rows: PlanRow[] = [];
  for (const step of steps) {
    if (step.type === 'commit') continue;
    const { number, uniqueId, octets } = step.letter;
    rows.push({ number, uniqueId, octets, action: actionOf(step), why: step.why });
  }
  return rows.sort((one, other) => one.number - other.number);
}

function actionOf(step: Exclude<Plan['steps'][number], { type: 'commit' }>): PlanRow['action'] {
  if (step.type !== 'fetch') return step.type;
  if (step.known === 'by-octets') return step.thenDelete ? 'compare and delete' : 'compare';
  if (step.part === 'headers') return 'fetch header';
  return step.thenDelete ? 'fetch and delete' : 'fetch';
}
