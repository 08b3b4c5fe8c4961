import type { DatabaseSync } from 'node:sqlite';
import { AccountWrites } from './accounts.ts';
import { ContentWrites } from './contents.ts';
import { DepartedWrites } from './departed.ts';
import { DepartureWrites } from './departures.ts';
import { MaildropWrites } from './maildrops.ts';
import { PlacementWrites } from './placements.ts';
import { SegmentWrites } from './segments.ts';

/** All that changes the index, on the one connection that may. */
export interface IndexWrites {
  readonly database: DatabaseSync;
  readonly accounts: AccountWrites;
  readonly contents: ContentWrites;
  readonly departed: DepartedWrites;
  readonly departures: DepartureWrites;
  readonly maildrops: MaildropWrites;
  readonly placements: PlacementWrites;
  readonly segments: SegmentWrites;
}

export function indexWrites(database: DatabaseSync): IndexWrites {
  return {
    database,
    accounts: new AccountWrites(database),
    contents: new ContentWrites(database),
    departed: new DepartedWrites(database),
    departures: new DepartureWrites(database),
    maildrops: new MaildropWrites(database),
    placements: new PlacementWrites(database),
    segments: new SegmentWrites(database),
  };
}
