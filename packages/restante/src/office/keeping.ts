import type { AccountIndex } from '../accounts/account.ts';
import type { ExpungedLetter } from '../store/expunged.ts';
import type { DurableStore } from '../store/store.ts';
import { namedAccount } from './addresses.ts';

/** Which expunged letters come back to an account: all that fit every condition. And as what. */
export interface UndeleteRequest {
  readonly name: string;
  /** Only those expunged at or after this time, in milliseconds since 1970. */
  readonly since?: number;
  /** Only those that this session expunged. */
  readonly session?: string;
  /** Only these. */
  readonly uniqueIds?: readonly string[];
  /** Whether each comes back under a unique-id that no client has seen. */
  readonly newUniqueIds: boolean;
  /** Whether nothing is brought back, and what would be is told. */
  readonly dryRun: boolean;
}

export interface Undeleted {
  readonly name: string;
  /** Letters that came back, or would. */
  readonly count: number;
  /** Of those letters; only of a dry run, like the letters. */
  readonly octets?: number;
  /** In the order in which they left, the first ten thousand. */
  readonly letters?: readonly ExpungedLetter[];
}

/** Which expunged letters are destroyed. */
export interface PurgeRequest {
  /** Of one account; else of all. */
  readonly name?: string;
  /** Whether also what could be brought back still is destroyed. */
  readonly now: boolean;
  /** Whether nothing is destroyed, and what would be is told. */
  readonly dryRun: boolean;
}

export interface Purged {
  /** Letters that are gone for good, or would be. */
  readonly count: number;
  /** Of those letters; only of a dry run. */
  readonly octets?: number;
}

export interface OfficeKeepingOptions {
  readonly store: AccountIndex &
    Pick<DurableStore, 'undelete' | 'expunged' | 'purge' | 'purgeMaildrop' | 'purgeForecast' | 'compact' | 'keptSince'>;
}

/** What has been expunged: brought back, or destroyed for good. */
export class OfficeKeeping {
  readonly #store: OfficeKeepingOptions['store'];

  constructor({ store }: OfficeKeepingOptions) {
    this.#store = store;
  }

  async undelete({ name: text, newUniqueIds, dryRun, ...choice }: UndeleteRequest): Promise<Undeleted> {
    const { name } = await namedAccount(this.#store, text);
    if (dryRun) return { name, ...(await this.#store.expunged(name, choice)) };
    const by = { account: name, session: 'undelete', address: 'operator' };
    return { name, count: await this.#store.undelete(name, { ...choice, newUniqueIds }, by) };
  }

  async purge({ name: text, now, dryRun }: PurgeRequest): Promise<Purged> {
    const before = now ? Number.MAX_SAFE_INTEGER : this.#store.keptSince;
    const name = text === undefined ? undefined : (await namedAccount(this.#store, text)).name;
    if (dryRun) {
      const { letters, octets } = await this.#store.purgeForecast(before, name);
      return { count: letters, octets };
    }
    const count = await (name === undefined ? this.#store.purge(before) : this.#store.purgeMaildrop(name, before));
    await this.#store.compact();
    return { count };
  }
}
