import type { DepartedReads } from './index/sqlite/departed.ts';
import type { DepartureReads } from './index/sqlite/departures.ts';
import type { MaildropReads } from './index/sqlite/maildrops.ts';
import type { LedgerDesk } from './ledger/desk.ts';
import type { StoreLimits } from './limits.ts';
import type { OpenSnapshots } from './snapshot/snapshots.ts';
import type { Turns } from './turns.ts';
import type { WriterLink } from './writer/link.ts';
import type { CompactReport, OrderOf } from './writer/orders.ts';
import { heldUpTo } from './writer/tasks/purge.ts';

export interface MaintainReport {
  /** Letters whose days are over, expunged. */
  readonly expired: number;
  /** Letters that could be brought back no longer, and are destroyed. */
  readonly purged: number;
  /** Letters that were destroyed before that, since their maildrops keep no more than the quota. */
  readonly beyond: number;
  readonly compacted: CompactReport;
}

/** What destroying letters needs of the store. */
export interface UpkeepRoom {
  readonly link: WriterLink;
  readonly limits: StoreLimits;
  readonly snapshots: OpenSnapshots;
  /** Throws a StoreError when they cannot be read. */
  read<T>(look: (index: UpkeepReads) => T): T;
  /** Expunges the letters whose days are over; answers how many. */
  expire(): Promise<number>;
  /** Octets that may be kept of what has left this maildrop; `null` for as many as there are. */
  mayKeep(name: string): number | null;
  readonly turns: Turns;
  readonly ledger: LedgerDesk;
  now(): number;
}

export interface UpkeepReads {
  readonly departures: DepartureReads;
  readonly departed: DepartedReads;
  readonly maildrops: MaildropReads;
}

/** Which letters are destroyed: of one maildrop, or of all. */
export interface PurgeChoice {
  /** Those that were expunged before this time, in milliseconds since 1970. */
  readonly before: number;
  /** The maildrop's id. */
  readonly maildrop?: number;
}

/** What would be destroyed. */
export interface PurgeForecast {
  readonly letters: number;
  readonly octets: number;
}

/** Rows of one look at the index. */
const SLICE = 100;

/** How much of a segment must be dead for it to be moved when letters wait for room. */
const EMERGENCY_SHARE = 0.2;

/** Destroys what was expunged and gives its room back: in good time, and at once when letters wait for room. */
export class Upkeep {
  readonly #room: UpkeepRoom;
  /** Maildrops that keep more than they may, since a session holds it. */
  readonly #beyond = new Set<number>();

  constructor(room: UpkeepRoom) {
    this.#room = room;
  }

  async purge({ before, maildrop }: PurgeChoice): Promise<number> {
    return this.#purge({ before, ...(maildrop !== undefined && { of: { maildrop } }) });
  }

  /** What {@link purge} would destroy now. */
  async forecast({ before, maildrop }: PurgeChoice): Promise<PurgeForecast> {
    const snapshots = this.#room.snapshots.all();
    const last = this.#room.read(({ departures }) => departures.last());
    let letters = 0;
    let octets = 0;
    let [time, id, change] = [Number.MIN_SAFE_INTEGER, 0, 0];
    for (;;) {
      const rows = this.#room.read(({ departures, departed }) => {
        const found =
          maildrop === undefined
            ? departures.before(time, id, before, last, SLICE)
            : departures.of(maildrop, change, before, last, SLICE);
        for (const [, of, at] of found) {
          const [count, sum] = departed.kept(of, at, heldUpTo(snapshots.get(of) ?? [], at));
          letters += count;
          octets += sum;
        }
        return found;
      });
      const end = rows.at(-1);
      if (end === undefined || rows.length < SLICE) return { letters, octets };
      [id, , change, time] = end;
      await this.#room.turns.next();
    }
  }

  /**
   * A session has left this maildrop: if more of it can be brought back than may be kept, the oldest is destroyed. `removed` says
   * whether the session expunged anything.
   */
  left(maildrop: number, name: string, removed: boolean): void {
    if (!removed && !this.#beyond.has(maildrop)) return;
    // What is not done now, for whatever reason, is done by the next maintenance.
    void this.#within(maildrop, name).catch(() => undefined);
  }

  async #within(maildrop: number, name: string): Promise<number> {
    const keep = this.#room.mayKeep(name);
    const kept = () => this.#room.read(({ maildrops }) => maildrops.kept(maildrop)) ?? 0;
    if (keep === null || kept() <= keep) {
      this.#beyond.delete(maildrop);
      return 0;
    }
    const purged = await this.#purge({ before: Number.MAX_SAFE_INTEGER, of: { maildrop, keep } });
    if (kept() > keep) this.#beyond.add(maildrop);
    else this.#beyond.delete(maildrop);
    return purged;
  }

  /** Sees to it that no maildrop keeps more than it may; answers how many letters that cost. */
  async #allWithin(): Promise<number> {
    let purged = 0;
    let last = 0;
    for (;;) {
      const slice = this.#room.read(({ maildrops }) => maildrops.keeping(last, SLICE));
      for (const [id, name, octets] of slice) {
        last = id;
        const keep = this.#room.mayKeep(name);
        if (keep !== null && octets > keep) purged += await this.#within(id, name);
      }
      if (slice.length < SLICE) return purged;
      await this.#room.turns.next();
    }
  }

  #purge(what: Pick<OrderOf<'purge'>, 'before' | 'of'>): Promise<number> {
    const { link, snapshots } = this.#room;
    const lastDeparture = this.#room.read(({ departures }) => departures.last());
    return link.order<'purge'>({
      type: 'purge',
      ...what,
      time: this.#room.now(),
      lastDeparture,
      snapshots: snapshots.all(),
    });
  }

  compact(deadShare: number): Promise<CompactReport> {
    return this.#room.link.order<'compact'>({ type: 'compact', deadShare });
  }

  async maintain(): Promise<MaintainReport> {
    const { link, limits, ledger } = this.#room;
    await ledger.flush();
    const expired = await this.#room.expire();
    const purged = await this.purge({ before: this.#room.now() - limits.undelete });
    const beyond = await this.#allWithin();
    const compacted = await this.compact(limits.deadShare);
    await link.order<'set-aside'>({ type: 'set-aside' });
    await link.order<'forget-ledger'>({ type: 'forget-ledger', before: this.#room.now() - limits.ledger });
    return { expired, purged, beyond, compacted };
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
      const oldest = this.#room.read(({ departures }) => departures.oldest()) ?? now;
      for (const share of [0.25, 0.5, 0.75, 1]) {
        await this.purge({ before: share < 1 ? oldest + share * (now - oldest) : Number.MAX_SAFE_INTEGER });
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
