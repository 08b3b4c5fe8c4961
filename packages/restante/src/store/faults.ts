/**
 * Named steps at which a test may bend the store: every point between two effects that a crash, a full disk or a
 * failing disk can part. Outside tests no step does anything.
 */
export const faultSteps = [
  'deliver.before-append',
  'deliver.after-append',
  'deliver.before-sync',
  'deliver.after-sync',
  'deliver.before-commit',
  'deliver.after-commit',
  'deliver.before-answer',
  'large.before-write',
  'large.written',
  'large.synced',
  'large.renamed',
  'large.directory-synced',
  'segment.created',
  'segment.directory-synced',
  'expunge.before-slice',
  'expunge.after-slice',
  'expunge.committed',
  'undelete.before-slice',
  'undelete.after-slice',
  'undelete.committed',
  'purge.before-slice',
  'purge.after-slice',
  'purge.committed',
  'purge.unlinked',
  'compact.before-copy',
  'compact.copied',
  'compact.synced',
  'compact.before-commit',
  'compact.committed',
  'compact.unlinked',
  'remove.before-slice',
  'remove.after-slice',
  'remove.committed',
] as const;

export type FaultStep = (typeof faultSteps)[number];

/**
 * What happens at a step:
 *
 * - `kill`: the process is gone, as by SIGKILL
 * - `hang`: the thread does nothing more, so that a test can kill the process exactly there
 * - `ENOSPC`, `EIO`: the operation there fails with this error
 * - `skip-sync`: planted at a `…before-sync` step, the sync is left out: a lie that the power-cut test must notice
 * - `answer-early`: planted at `deliver.before-append` or `expunge.before-slice`, the answer goes out before the work is
 *   done: a lie that the crash test must notice
 */
export type FaultAction = 'kill' | 'hang' | 'ENOSPC' | 'EIO' | 'skip-sync' | 'answer-early';

export interface Fault {
  readonly action: FaultAction;
  /** At which visit to the step it happens, the first being 1; absent means at every one. */
  readonly visit?: number;
}

export type FaultPlan = { readonly [Step in FaultStep]?: Fault };

/** One thread's view of the plan. */
export class Faults {
  readonly #plan: FaultPlan;
  readonly #visits = new Map<FaultStep, number>();

  constructor(plan: FaultPlan = {}) {
    this.#plan = plan;
  }

  /** Passes the step. Answers the planted lie, if there is one; throws or does not return if the plan says so. */
  at(step: FaultStep): 'skip-sync' | 'answer-early' | undefined {
    const fault = this.#plan[step];
    if (!fault) return undefined;
    const visit = (this.#visits.get(step) ?? 0) + 1;
    this.#visits.set(step, visit);
    if (fault.visit !== undefined && fault.visit !== visit) return undefined;
    switch (fault.action) {
      case 'kill':
        process.kill(process.pid, 'SIGKILL');
        // The signal takes this thread only when the kernel next schedules it: let nothing more happen here.
        return hang();
      case 'hang':
        return hang();
      case 'ENOSPC':
      case 'EIO':
        throw Object.assign(new Error(`${fault.action}: planted at ${step}`), { code: fault.action });
      default:
        return fault.action;
    }
  }
}

function hang(): undefined {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
