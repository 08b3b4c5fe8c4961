import type { StoreError } from '@restante/pop/maildrop';
import { failureOf } from './failure.ts';
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

/** The maildrops that a letter may be placed in. */
export interface Maildrops {
  idOf(name: string): number | undefined;
  /** Why one does not take a letter of so many octets, if it does not. */
  refusal(name: string, octets: number): StoreError | undefined;
}

/**
 * A group whose maildrops are all there and have room has the letter, any other does not have it; a maildrop gets it once, by
 * the first placement whose group has it. `octets` are the content's; where it is not `limited`, there is room.
 */
export function placing(
  placements: readonly OrderedPlacement[],
  octets: number,
  maildrops: Maildrops,
  limited: boolean,
): Placing {
  const refused = new Map<number, Failure>();
  const groups = new Map<number, OrderedPlacement[]>();
  for (const placement of placements) {
    const group = groups.get(placement.group);
    if (group) group.push(placement);
    else groups.set(placement.group, [placement]);
  }
  const sizes = limited ? sizesOf(placements, octets) : undefined;
  const taking = new Set<string>();
  for (const [number, group] of groups) {
    const failure = refusalOf(group);
    if (failure) refused.set(number, failure);
    else for (const { maildrop } of group) taking.add(maildrop);
  }
  const entered = new Map<string, Entered>();
  const outcomes = placements.map((placement) => {
    const failure = refused.get(placement.group);
    const maildrop = maildrops.idOf(placement.maildrop);
    if (failure || maildrop === undefined) return failure ?? noMaildrop(placement.maildrop);
    const first = entered.get(placement.maildrop) ?? { placement, maildrop };
    entered.set(placement.maildrop, first);
    return first.placement;
  });
  return { entered: [...entered.values()], outcomes };

  function refusalOf(group: readonly OrderedPlacement[]): Failure | undefined {
    const missing = group.find(({ maildrop }) => maildrops.idOf(maildrop) === undefined);
    if (missing) return noMaildrop(missing.maildrop);
    for (const { maildrop } of sizes ? group : []) {
      // It has it by an earlier group: once is all.
      if (taking.has(maildrop)) continue;
      const refusal = maildrops.refusal(maildrop, sizes?.get(maildrop) ?? octets);
      if (refusal) return failureOf(refusal);
    }
    return undefined;
  }
}

/** Which of a maildrop's placements it will be is not known before all groups are looked at: the largest has to fit. */
function sizesOf(placements: readonly OrderedPlacement[], octets: number): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const { maildrop, traceOctets } of placements) {
    sizes.set(maildrop, Math.max(sizes.get(maildrop) ?? 0, traceOctets + octets));
  }
  return sizes;
}

function noMaildrop(name: string): Failure {
  return { type: 'store', kind: 'no-maildrop', message: `there is no maildrop ${JSON.stringify(name)}` };
}
