import type { CollectEvent } from '../../collect/event.ts';
import type { Plan } from '../../collect/plan/plan.ts';

/**
 * What `--json` prints, one object a line: what happens, and with `--dry-run` what would. docs/collect-events.schema.json
 * describes each, and a test holds every line against it.
 */
export type PrintedEvent = Exclude<CollectEvent, { readonly event: 'progress' }> | PlannedEvent;

/** One step of the plan, as `--dry-run` shows it. */
export interface PlannedEvent {
  readonly account: string;
  readonly event: 'planned';
  readonly action: 'fetch' | 'fetch-header' | 'delete' | 'leave' | 'commit';
  readonly number?: number;
  readonly uniqueId?: string;
  readonly octets?: number;
  /** Of a letter that is fetched: whether it is deleted at the server in the same session. */
  readonly thenDelete?: boolean;
  readonly why: string;
}

/** An event as it is printed; undefined for what only a progress line has need of. */
export function printedEvent(event: CollectEvent): PrintedEvent | undefined {
  return event.event === 'progress' ? undefined : event;
}

/** A plan, one event a step. */
export function printedPlan(account: string, { steps }: Plan): readonly PlannedEvent[] {
  return steps.map((step) => {
    const base = { account, event: 'planned', why: step.why } as const;
    if (step.type === 'commit') return { ...base, action: 'commit' };
    const { number, uniqueId, octets } = step.letter;
    return {
      ...base,
      action: step.type === 'fetch' && step.part === 'headers' ? 'fetch-header' : step.type,
      number,
      ...(uniqueId !== undefined && { uniqueId }),
      ...(octets !== undefined && { octets }),
      ...(step.type === 'fetch' && { thenDelete: step.thenDelete }),
    };
  });
}
