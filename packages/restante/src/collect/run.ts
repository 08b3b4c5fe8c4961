import type { AccountReport } from './event.ts';
import type { CollectSurroundings, CollectTask } from './task.ts';

/**
 * Collects the mail of one account, once: as many sessions as it takes. Never rejects: what went wrong stands in the
 * report, which is also the last event (`finished`). Only LOGIN-DELAY keeps it from calling at once (EXT-21); back-off is
 * for whoever runs it again and again, and stands in the report as `notBefore`.
 */
export async function collectAccount(_options: CollectTask & CollectSurroundings): Promise<AccountReport> {
  throw new Error('not there yet');
}
