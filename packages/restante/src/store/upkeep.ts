import type { DepartureReads } from './index/sqlite/departures.ts';
import type { StoreLimits } from './limits.ts';
import type { OpenSnapshots } from './snapshot/snapshots.ts';
import type { WriterLink } from './writer/link.ts';
import type { CompactReport } from './writer/orders.ts';

export interface MaintainReport {
  /** Letters that could be brought back no longer, and are destroyed. */
  readonly purged: number;
  readonly compacted: CompactReport;
}

/** What destroying letters needs of the store. */
export interface UpkeepRoom {
  readonly link: WriterLink;
  readonly limits: StoreLimits;
  readonly snapshots: OpenSnapshots;
  /** Throws a StoreError when they cannot be read. */
  departures<T>(read: (departures: DepartureReads) => T): T;
  now(): number;
}

/** How much of a segment must be dead for it to be moved when letters wait for room. */
const EMERGENCY_SHARE = 0.2;

/** Destroys what was expunged and gives its room back: in good time, and at once when letters wait for room. */
export class Upkeep {
  readonly #room: UpkeepRoom;

  constructor(room: UpkeepRoom) {
    this.#room = room;
  }

  async purge(before: number): Promise<number> {
    const { link, snapshots } = this.#room;
    const lastDeparture = this.#room.departures((departures) => departures.last());
    return link.order<'purge'>({ type: 'purge', before, lastDeparture, snapshots: snapshots.all() });
  }

  compact(deadShare: number): Promise<CompactReport> {
    return this.#room.link.order<'compact'>({ type: 'compact', deadShare });
  }

  async maintain(): Promise<MaintainReport> {
    const { link, limits } = this.#room;
    const purged = await this.purge(this.#room.now() - limits.undelete);
    const compacted = await this.compact(limits.deadShare);
    await link.order<'set-aside'>({ type: 'set-aside' });
    return { purged, compacted };
  }

  /**
   * Letters wait for room: destroys what was expunged, the oldest first and no more than it takes, all of it if need be,
   * before any of them is refused.
   */
  async makeRoom(): Promise<void> {
    const { link, limits } = this.#room;
    try {
      const now = this.#room.now();
      await link.order<'seal'>({ type: 'seal' });
      const oldest = this.#room.departures((departures) => departures.oldest()) ?? now;
      for (const share of [0.25, 0.5, 0.75, 1]) {
        await this.purge(share < 1 ? oldest + share * (now - oldest) : Number.MAX_SAFE_INTEGER);
        const { left } = await this.compact(EMERGENCY_SHARE);
        if (left > limits.batch) break;
      }
    } catch {
      // What could not be destroyed makes no room: the letters are refused, and that is their senders' answer.
    } finally {
      await link.order<'relieved'>({ type: 'relieved' }).catch(() => undefined);
    }
  }
}
