import type { Plan, Situation } from '../plan/plan.ts';
import type { Quiet } from '../plan/quiet.ts';
import type { Books } from './books.ts';

/** Tells what the call told that found the same: as {@link tellPlan} would, were the plan made once more. */
export function tellQuiet(books: Books, { letters, warnings, reported }: Quiet): void {
  books.left = letters;
  books.tell({ event: 'listed', letters, new: 0, wanted: 0, wantedOctets: 0 });
  for (const message of warnings) books.warn(message);
  for (const { key, state, why, uniqueId } of reported) {
    if (state === 'held') books.markHeld(key, why, { uniqueId });
    else books.markFailed(key, why, { event: 'given-up', uniqueId });
  }
}

/** Tells what a plan found, once the journal has it. */
export function tellPlan(books: Books, plan: Plan, { listing, now }: Situation): void {
  books.left = listing.length;
  const wanted = plan.steps.filter((step) => step.type === 'fetch');
  const octets = wanted.map(({ letter }) => letter.octets);
  books.tell({
    event: 'listed',
    letters: listing.length,
    new: plan.changes.filter(({ type }) => type === 'listed').length,
    wanted: wanted.length,
    wantedOctets: octets.includes(undefined) ? undefined : octets.reduce<number>((sum, each) => sum + (each ?? 0), 0),
  });
  for (const message of plan.warnings) books.warn(message);
  if (plan.recognised > 0) {
    books.tell({ event: 'recognised', letters: plan.recognised, why: 'they have other unique-ids than before' });
  }
  for (const change of plan.changes) {
    if (change.type === 'skipped') {
      books.tell({ event: 'skipped', uniqueId: books.letter(change.key)?.uniqueId, why: change.why });
    }
  }
  for (const step of plan.steps) {
    if (step.type !== 'leave') continue;
    const { state, why = step.why, notBefore = 0 } = books.letter(step.key) ?? {};
    if (state === 'held') books.markHeld(step.key, why);
    else if (state === 'given-up') books.markFailed(step.key, why, { event: 'given-up' });
    else if (state === 'listed' && notBefore > now) books.markFailed(step.key, why);
  }
}
