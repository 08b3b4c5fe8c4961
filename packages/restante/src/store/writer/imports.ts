import type { IndexWrites } from '../index/sqlite/writes.ts';
import type { Failure, OrderOf, PlacedAs } from './orders.ts';

/** Parts letters that say the same of themselves into different batches: the index then knows what became of the first. */
export class ImportsOfBatch {
  readonly #seen = new Set<string>();

  /** Whether the order may be in one batch with those before it. */
  add(order: OrderOf<'deliver'>): boolean {
    const [placement] = order.placements;
    if (!order.import || !placement) return true;
    const { maildrop, uniqueId } = placement;
    const marks = [`${maildrop}\n${order.import.digest}`, `${maildrop} ${uniqueId}`];
    if (marks.some((mark) => this.#seen.has(mark))) return false;
    for (const mark of marks) this.#seen.add(mark);
    return true;
  }
}

/** Why an import is not to be placed, if it is not: it was before, or its unique-id is another letter's. */
export function standing(
  index: IndexWrites,
  order: OrderOf<'deliver'>,
  maildrops: { idOf(maildrop: string): number | undefined },
): PlacedAs | Failure | undefined {
  const [placement] = order.placements;
  if (!order.import || !placement) return undefined;
  const maildrop = maildrops.idOf(placement.maildrop);
  if (maildrop === undefined) return undefined;
  const before = index.imports.find(maildrop, order.import.digest);
  if (before) return { type: 'placed-as', ...before };
  const { uniqueId } = placement;
  if (!order.import.given || !index.givenIds.has(maildrop, uniqueId)) return undefined;
  const message = `the unique-id ${uniqueId} was given to another letter of ${JSON.stringify(placement.maildrop)} before`;
  return { type: 'store', kind: 'permanent', message };
}

/** Remembers an import that has just been placed, in the same transaction. */
export function remember(index: IndexWrites, order: OrderOf<'deliver'>, maildrop: number, octets: number): void {
  const [placement] = order.placements;
  if (!order.import || !placement) return;
  index.imports.add(maildrop, order.import.digest, placement.uniqueId, octets);
  if (order.import.given) index.givenIds.add(maildrop, placement.uniqueId);
}
