import type { Policy } from '../account.ts';
import type { LetterStep, Step } from './plan.ts';

/**
 * So many times more letters are deleted in one session where they are kept already: it takes back no download when it
 * breaks off, and each further session has to be shown all headers again that prove which letters they are.
 */
const DELETIONS_ONLY = 10;

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
 * A commit comes behind every `commitEvery` deletions (of the first kind, ten times as many), and before each letter of the last two kinds if something waits to be
 * deleted, because a session that breaks off takes back what it deleted. There is none at the end: QUIT comes there anyway.
 */
export class Order {
  readonly #steps: LetterStep[] = [];
  readonly #last = new Set<LetterStep>();

  /** Takes the step of the letter with the next message-number. */
  add(step: LetterStep): void {
    this.#steps.push(step);
  }

  /** Says of a step that its letter failed before. */
  last(step: LetterStep): void {
    this.#last.add(step);
  }

  steps({ commitEvery, large }: Pick<Policy, 'commitEvery' | 'large'>): Step[] {
    const steps: Step[] = [];
    const fetches: LetterStep[] = [];
    const larges: LetterStep[] = [];
    const left: LetterStep[] = [];
    let waiting = 0;
    const commit = (why: string): void => {
      if (waiting > 0) steps.push({ type: 'commit', why });
      waiting = 0;
    };
    const add = (step: LetterStep): void => {
      if (waiting >= (step.type === 'delete' ? DELETIONS_ONLY * commitEvery : commitEvery))
        commit(`${waiting} letters wait to be deleted`);
      steps.push(step);
      if (step.type === 'delete' || (step.type === 'fetch' && step.thenDelete)) waiting++;
    };
    for (const step of this.#steps) {
      if (step.type === 'delete') add(step);
      else if (step.type === 'leave') left.push(step);
      else if (this.#last.has(step)) continue;
      else if (step.part === 'whole' && (step.letter.octets ?? 0) >= large) larges.push(step);
      else fetches.push(step);
    }
    for (const step of fetches) add(step);
    for (const step of larges) {
      commit('before a large letter');
      add(step);
    }
    for (const step of this.#last) {
      commit('before a letter that failed before');
      add(step);
    }
    for (const step of left) steps.push(step);
    return steps;
  }
}
