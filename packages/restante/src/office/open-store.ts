import { StoreError } from '@restante/pop/maildrop';
import type { Retention } from '../accounts/retention.ts';
import type { Settings } from '../config/settings.ts';
import { Failure, reasonOf } from '../failure.ts';
import { TargetNotEmpty } from '../store/backup/backup.ts';
import { type RestoreReport, restore } from '../store/backup/restore.ts';
import { makeRoot } from '../store/letters/segments/folder.ts';
import { DataInUse } from '../store/lock.ts';
import type { QuotaRules } from '../store/quota.ts';
import { type DurableStore, openStore, type StoreOptions } from '../store/store.ts';
import { copyOfficeFiles } from './files.ts';
import { restoreJournals } from './journals.ts';

export interface OpenDataOptions {
  readonly data: string;
  readonly settings: Settings;
  /** Told when nothing can be stored any more. */
  readonly onStopped?: (error: StoreError) => void;
  /** Told of maildrops that have reached a level of their quotas. */
  readonly onFilled?: StoreOptions['onFilled'];
  /** Told of what could not be written into the ledger of a session that had broken off. */
  readonly onUnrecorded?: (error: unknown) => void;
}

/**
 * Opens the data folder as the settings say. Rejects with {@link DataInUse} when another process has it, and with a
 * {@link Failure} for anything else that somebody can mend.
 */
export async function openData({
  data,
  settings,
  onStopped,
  onFilled,
  onUnrecorded,
}: OpenDataOptions): Promise<DurableStore> {
  try {
    makeRoot(data);
    return await openStore({
      data,
      limits: {
        letter: settings['limits.letter_size'],
        reserve: settings['limits.reserve'],
        undelete: settings['undelete.window'],
        quota: quotaRules(settings),
        retention: retentionSettings(settings),
        ledger: settings['ledger.keep'],
      },
      watchDelay: settings['listen.metrics'].length > 0,
      ...(onFilled !== undefined && { onFilled }),
      ...(onStopped !== undefined && { onStopped }),
      ...(onUnrecorded !== undefined && { onUnrecorded }),
    });
  } catch (thrown) {
    if (thrown instanceof DataInUse) throw thrown;
    throw mendable(thrown, data);
  }
}

function quotaRules(settings: Settings): QuotaRules {
  return {
    octets: settings['quota.octets'] ?? null,
    letters: settings['quota.letters'] ?? null,
    grace: settings['quota.grace'],
    levels: settings['quota.warn'],
  };
}

/** How long letters are kept where their account has no policy of its own. */
export function retentionSettings(settings: Settings): Retention {
  return { expire: settings.expire, expireFetched: settings.expire_fetched };
}

/** Makes a data folder from a backup. A folder that holds mail already, or is in use, is not touched. */
export async function restoreData(backup: string, data: string): Promise<RestoreReport> {
  try {
    makeRoot(data);
    const report = restore(backup, data);
    await copyOfficeFiles(backup, data);
    restoreJournals(backup, data);
    return report;
  } catch (thrown) {
    throw mendable(thrown, data);
  }
}

/** The failure that somebody can mend, or what nobody foresaw, as it is. */
function mendable(thrown: unknown, data: string): unknown {
  const known = [DataInUse, TargetNotEmpty, StoreError].some((type) => thrown instanceof type);
  if (known) return new Failure((thrown as Error).message);
  if (!(thrown instanceof Error && 'code' in thrown)) return thrown;
  return new Failure(
    `the data folder ${data} cannot be used: ${reasonOf(thrown)}; mend that, or choose another with --data DIR`,
  );
}
