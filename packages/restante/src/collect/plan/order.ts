import type { Policy } from '../account.ts';
import type { Step } from './plan.ts';

/** A step with what its place in the session goes by. */
export interface Task {
  readonly step: Exclude<Step, { type: 'commit' }>;
  /** Whether it was tried before and failed: it may be what ends a session. */
  readonly failedBefore: boolean;
}

/**
 * The order in which things are done:
 *
 * 1. Letters that are kept already are deleted. That costs next to nothing, since no octets of a letter are waited for,
 *    and frees room at the server even where the rest of the session fails: QUIT is not waited for here, whichever comes
 *    first makes it true.
 * 2. Letters are fetched by message-number.
 * 3. Large ones: what they hold up is done by then.
 * 4. Those that failed before, since one of them may end the session each time.
 *
 * A commit comes behind every `commitEvery` deletions, and before each letter of the last two kinds if something waits to be
 * deleted, because a session that breaks off takes back what it deleted. There is none at the end: QUIT comes there anyway.
 */
export function inOrder(tasks: readonly Task[], { commitEvery, large }: Policy): Step[] {
  const deletions: Step[] = [];
  const fetches: Step[] = [];
  const risks: [Step[], Step[]] = [[], []];
  const left: Step[] = [];
  for (const { step, failedBefore } of tasks) {
    if (step.type === 'delete') deletions.push(step);
    else if (step.type === 'leave') left.push(step);
    else if (failedBefore) risks[1].push(step);
    else if (step.part === 'whole' && (step.letter.octets ?? 0) >= large) risks[0].push(step);
    else fetches.push(step);
  }

  const steps: Step[] = [];
  let waiting = 0;
  const commit = (why: string): void => {
    if (waiting > 0) steps.push({ type: 'commit', why });
    waiting = 0;
  };
  const add = (step: Step): void => {
    if (waiting >= commitEvery) commit(`${waiting} letters wait to be deleted`);
    steps.push(step);
    if (step.type === 'delete' || (step.type === 'fetch' && step.thenDelete)) waiting++;
  };
  for (const step of deletions) add(step);
  for (const step of fetches) add(step);
  for (const [some, why] of [
    [risks[0], 'before a large letter'],
    [risks[1], 'before a letter that failed before'],
  ] as const) {
    for (const step of some) {
      commit(why);
      add(step);
    }
  }
  for (const step of left) steps.push(step);
  return steps;
}
