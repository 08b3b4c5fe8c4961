import { StoreError } from '@restante/pop/maildrop';
import { Failure } from '../failure.ts';
import { type SalvageReport, salvage } from '../import/salvage.ts';
import { DataInUse } from '../store/lock.ts';
import { type RepairOptions, type RepairReport, repair } from '../store/repair/repair.ts';

/** Mends a closed office. Throws a {@link Failure} for what somebody can do something about. */
export function repairData(options: RepairOptions): RepairReport {
  try {
    return repair(options);
  } catch (thrown) {
    throw mendable(thrown);
  }
}

export async function salvageData(options: { data: string; into: string }): Promise<SalvageReport> {
  try {
    return await salvage(options);
  } catch (thrown) {
    throw mendable(thrown);
  }
}

function mendable(thrown: unknown): unknown {
  if (thrown instanceof DataInUse) return new Failure(`the office has to be closed for this: ${thrown.message}`);
  return thrown instanceof StoreError ? new Failure(thrown.message) : thrown;
}
