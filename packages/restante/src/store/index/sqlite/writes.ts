import type { DatabaseSync } from 'node:sqlite';
import { AccountWrites } from './accounts.ts';
import { AliasWrites } from './aliases.ts';
import { ContentWrites } from './contents.ts';
import { DepartedWrites } from './departed.ts';
import { DepartureWrites } from './departures.ts';
import { DeviceWrites } from './devices.ts';
import { GivenIdWrites } from './given-ids.ts';
import { ImportWrites } from './imports.ts';
import { LedgerWrites } from './ledger.ts';
import { MaildropWrites } from './maildrops.ts';
import { PlacementWrites } from './placements.ts';
import { QuotaLevelWrites } from './quota-levels.ts';
import { RetentionWrites } from './retention.ts';
import { SegmentWrites } from './segments.ts';

/** All that changes the index, on the one connection that may. */
export interface IndexWrites {
  readonly database: DatabaseSync;
  readonly accounts: AccountWrites;
  readonly aliases: AliasWrites;
  readonly contents: ContentWrites;
  readonly departed: DepartedWrites;
  readonly departures: DepartureWrites;
  readonly devices: DeviceWrites;
  readonly givenIds: GivenIdWrites;
  readonly imports: ImportWrites;
  readonly ledger: LedgerWrites;
  readonly maildrops: MaildropWrites;
  readonly placements: PlacementWrites;
  readonly quotaLevels: QuotaLevelWrites;
  readonly retention: RetentionWrites;
  readonly segments: SegmentWrites;
}

export function indexWrites(database: DatabaseSync): IndexWrites {
  return {
    database,
    accounts: new AccountWrites(database),
    aliases: new AliasWrites(database),
    contents: new ContentWrites(database),
    departed: new DepartedWrites(database),
    departures: new DepartureWrites(database),
    devices: new DeviceWrites(database),
    givenIds: new GivenIdWrites(database),
    imports: new ImportWrites(database),
    ledger: new LedgerWrites(database),
    maildrops: new MaildropWrites(database),
    placements: new PlacementWrites(database),
    quotaLevels: new QuotaLevelWrites(database),
    retention: new RetentionWrites(database),
    segments: new SegmentWrites(database),
  };
}
