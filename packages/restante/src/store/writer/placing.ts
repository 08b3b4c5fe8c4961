import type { Failure, OrderedPlacement } from './orders.ts';

/** A placement that is to be entered, and the maildrop that its name stands for. */
export interface Entered {
  readonly placement: OrderedPlacement;
  readonly maildrop: number;
}

/** What is to become of a letter's placements. */
export interface Placing {
  readonly entered: readonly Entered[];
  /** For each placement: why its group is refused, or which placement is entered for its maildrop (it may be itself). */
  readonly outcomes: readonly (Failure | OrderedPlacement)[];
}

/**
 * A group whose maildrops are all there has the letter, any other does not have it; a maildrop gets it once, by the first
 * placement whose group has it.
 */
export function placing(
  placements: readonly OrderedPlacement[],
  idOf: (maildrop: string) => number | undefined,
): Placing {
  const ids = placements.map(({ maildrop }) => idOf(maildrop));
  const refused = new Map<number, Failure>();
  for (const [number, { maildrop, group }] of placements.entries()) {
    if (ids[number] === undefined && !refused.has(group)) refused.set(group, noMaildrop(maildrop));
  }
  const entered = new Map<number, Entered>();
  const outcomes = placements.map((placement, number) => {
    const failure = refused.get(placement.group);
    const maildrop = ids[number];
    if (failure || maildrop === undefined) return failure ?? noMaildrop(placement.maildrop);
    const first = entered.get(maildrop) ?? { placement, maildrop };
    entered.set(maildrop, first);
    return first.placement;
  });
  return { entered: [...entered.values()], outcomes };
}

function noMaildrop(name: string): Failure {
  return { type: 'store', kind: 'no-maildrop', message: `there is no maildrop ${JSON.stringify(name)}` };
}
