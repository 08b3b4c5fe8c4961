/**
 * The durable store: letters in append-only segment files, all else in SQLite, one thread that writes.
 * @module
 */
export { type BackupReport, TargetNotEmpty } from './backup/backup.ts';
export { type RestoreReport, restore } from './backup/restore.ts';
export { type Fault, type FaultAction, type FaultPlan, type FaultStep, faultSteps } from './faults.ts';
export { defaultStoreLimits, type StoreLimits } from './limits.ts';
export { DataInUse } from './lock.ts';
export { type DurableStore, type MaintainReport, openStore, type StoreOptions, type StoreStatus } from './store.ts';
