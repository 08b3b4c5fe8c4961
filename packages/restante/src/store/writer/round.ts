import type { Place } from '../letters/segments/appender.ts';
import type { Batch } from './batch.ts';
import type { Answer, Failure } from './orders.ts';
import type { Task } from './tasks/task.ts';

/** What one round has to do and what has become of it so far. */
export class Round {
  readonly batch: Batch;
  /**
   * The one task that moves records in this round. It is the first of all, so that its slice is done for certain: what is
   * appended and not entered would be lost when the segment it came from is dropped.
   */
  readonly mover: Task | undefined;
  /** Where the moved records went, and how long they are together. */
  moved: readonly Place[] = [];
  movedOctets = 0;
  /** Tasks that did a slice, and segments that may be removed, if the transaction is committed. */
  readonly worked: Task[] = [];
  readonly dropped: number[] = [];
  readonly #tasks: readonly Task[];
  readonly #failed = new Map<Task, Failure>();
  readonly #answered = new Set<Task>();
  #letters = true;
  readonly #cursors = new Map<Task, unknown>();
  readonly #tried = new Set<Task>();

  constructor(batch: Batch, tasks: readonly Task[]) {
    this.batch = batch;
    this.#tasks = tasks;
    this.mover = tasks[0]?.stage ? tasks[0] : undefined;
  }

  /** Tasks that may do a slice. Of those that move records only one does; the others come first in the next round. */
  waiting(): Task[] {
    return this.#tasks.filter((task) => !this.#failed.has(task) && (!task.stage || task === this.mover));
  }

  /** Before a task's slice: where it is to begin again if the transaction is undone. */
  remember(task: Task): void {
    this.#cursors.set(task, structuredClone(task.cursor));
    this.#tried.add(task);
  }

  /** The transaction was undone: the tasks are where they were. */
  undo(): void {
    for (const [task, cursor] of this.#cursors) Object.assign(task.cursor, cursor);
    this.#cursors.clear();
    this.worked.length = 0;
    this.dropped.length = 0;
  }

  fail(task: Task, failure: Failure): void {
    this.#failed.set(task, failure);
  }

  giveUpLetters(failure: Failure): void {
    this.batch.fail(failure);
    if (this.mover) this.fail(this.mover, failure);
    this.moved = [];
    this.movedOctets = 0;
  }

  /** Fails the letters and those tasks that had a hand in it: all, if it did not even come to a slice. */
  giveUp(failure: Failure): void {
    this.batch.fail(failure);
    const tried = this.waiting().filter((task) => this.#tried.has(task));
    for (const task of tried.length > 0 ? tried : this.waiting()) this.fail(task, failure);
  }

  /** The letters' answers, given once. */
  letterAnswers(): Answer[] {
    if (!this.#letters) return [];
    this.#letters = false;
    return this.batch.answers();
  }

  /** The answer of a task that a planted lie gives before the work is done. */
  answerEarly(task: Task): Answer[] {
    if (this.#answered.has(task)) return [];
    this.#answered.add(task);
    return task.id === undefined ? [] : [{ type: 'done', id: task.id, result: task.result }];
  }

  /** The answers of the tasks that are done or have failed. */
  taskAnswers(): Answer[] {
    const answers: Answer[] = [];
    for (const [task, failure] of this.#failed) {
      if (task.id !== undefined && !this.#answered.has(task)) answers.push({ type: 'failed', id: task.id, failure });
    }
    for (const task of this.worked) if (task.done) answers.push(...this.answerEarly(task));
    return answers;
  }

  /** What goes on in the next round: first those whose turn did not come. */
  unfinished(): Task[] {
    const worked = new Set(this.worked);
    // One that has nothing to do is done from the start, and yet waits for its turn to be answered.
    const waiting = this.#tasks.filter((task) => !this.#failed.has(task) && !(worked.has(task) && task.done));
    return [...waiting.filter((task) => !worked.has(task)), ...waiting.filter((task) => worked.has(task))];
  }
}
