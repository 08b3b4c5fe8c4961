import type { IndexCheck } from './check.ts';
import { contents } from './contents.ts';
import { departures } from './departures.ts';
import { maildrops } from './maildrops.ts';
import { pages } from './pages.ts';
import { placements } from './placements.ts';
import { segments } from './segments.ts';
import { uniqueIds } from './unique-ids.ts';

/** All that must be true of the index by itself. A check is mended after those that it takes its numbers from. */
export const indexChecks: readonly IndexCheck[] = [
  pages,
  placements,
  contents,
  segments,
  departures,
  maildrops,
  uniqueIds,
];
