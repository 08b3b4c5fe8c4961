import type { FaultStep } from '../../faults.ts';
import type { LetterRecord, Place } from '../../letters/segments/appender.ts';
import type { Results } from '../orders.ts';

export type TaskKind =
  | 'expunge'
  | 'undelete'
  | 'purge'
  | 'fetched'
  | 'compact'
  | 'remove'
  | 'account'
  | 'alias'
  | 'device'
  | 'list-ids'
  | 'ledger';

/**
 * Work that is done in slices between deliveries: each slice is part of a round's transaction, and the task is answered
 * when the transaction of the last one is on the disk. A slice that throws a refusal has changed nothing.
 */
export interface Task {
  readonly kind: TaskKind;
  /** The order that it answers; undefined for what the writer does of its own accord. */
  readonly id: number | undefined;
  /** How far it has come: plain data, put back when the transaction of a slice was undone. */
  readonly cursor: object;
  /** Records to be appended before the slice, if it moves any. */
  stage?(): readonly LetterRecord[];
  /** Does work of about `budget` rows, and answers how many it was. `places` are those of what was staged. */
  slice(budget: number, places: readonly Place[]): number;
  /** Whether the last slice is done. */
  readonly done: boolean;
  readonly result: Results[keyof Results];
  /** Segments whose files may be removed once the slice is committed; taking them empties the list. */
  takeDropped?(): readonly number[];
}

/** The steps at which a test may bend each kind of task. */
export const taskSteps: {
  readonly [Kind in TaskKind]?: {
    readonly before?: FaultStep;
    readonly after: FaultStep;
    readonly committed: FaultStep;
    readonly unlinked?: FaultStep;
  };
} = {
  expunge: { before: 'expunge.before-slice', after: 'expunge.after-slice', committed: 'expunge.committed' },
  undelete: { before: 'undelete.before-slice', after: 'undelete.after-slice', committed: 'undelete.committed' },
  purge: {
    before: 'purge.before-slice',
    after: 'purge.after-slice',
    committed: 'purge.committed',
    unlinked: 'purge.unlinked',
  },
  compact: { after: 'compact.before-commit', committed: 'compact.committed', unlinked: 'compact.unlinked' },
  remove: { before: 'remove.before-slice', after: 'remove.after-slice', committed: 'remove.committed' },
};
