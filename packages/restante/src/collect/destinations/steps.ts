/**
 * Named steps at which a test may bend a destination that lies in files: every point between two effects that a crash
 * or a failing disk can part. At a `before-` step something can still fail.
 */
export const destinationSteps = [
  'stage.before-write',
  'stage.written',
  'prepare.before-sync',
  'prepare.synced',
  'place.locked',
  'place.before-note',
  'place.noted',
  'place.before-letter',
  'place.letter',
  'place.before-sync',
  'place.synced',
  'place.cleared',
] as const;

export type DestinationStep = (typeof destinationSteps)[number];

/** Called at each step; what it throws is what the disk says there. Outside tests nothing happens. */
export type AtStep = (step: DestinationStep) => void;

export const nothing: AtStep = () => undefined;

/** Steps that each letter of a batch comes to; the others are of the batch. */
export const letterSteps: ReadonlySet<DestinationStep> = new Set([
  'stage.before-write',
  'stage.written',
  'prepare.before-sync',
  'place.before-letter',
  'place.letter',
]);
