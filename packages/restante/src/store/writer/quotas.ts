import type { StoreError } from '@restante/pop/maildrop';
import type { MaildropContents } from '../index/sqlite/maildrops.ts';
import type { DueWarning, QuotaLevel } from '../index/sqlite/quota-levels.ts';
import type { IndexWrites } from '../index/sqlite/writes.ts';
import { Quota, type QuotaRules, reached } from '../quota.ts';

/** Accounts whose quota is remembered: an office has fewer that have mail in one hour. */
const REMEMBERED = 20_000;

/**
 * What each maildrop may hold, and how full it is. All that changes a policy or what a maildrop holds is done on the writer's
 * thread, so what is remembered here is true as long as whoever does it says so.
 */
export class Quotas {
  readonly #index: IndexWrites;
  readonly #rules: QuotaRules;
  readonly #quotas = new Map<string, Quota | undefined>();
  #levels: Map<number, QuotaLevel>;
  #reached: DueWarning[] = [];

  constructor(index: IndexWrites, rules: QuotaRules) {
    this.#index = index;
    this.#rules = rules;
    this.#levels = index.quotaLevels.all();
  }

  /** That of an account; undefined for no limit. */
  of(account: string): Quota | undefined {
    const known = this.#quotas.get(account);
    if (known !== undefined || this.#quotas.has(account)) return known;
    const quota = Quota.of(this.#rules, this.#index.accounts.policyOf(account) ?? {});
    if (this.#quotas.size >= REMEMBERED) this.#quotas.clear();
    this.#quotas.set(account, quota);
    return quota;
  }

  /** The account's policy is another, or the account is. */
  forget(account: string): void {
    this.#quotas.delete(account);
  }

  /** The maildrop is no more. */
  remove(maildrop: number): void {
    if (this.#levels.delete(maildrop)) this.#index.quotaLevels.remove(maildrop);
  }

  /** Takes down, in the transaction that changes what a maildrop holds or may hold, which level it has reached by that. */
  weigh(account: string, maildrop: number, holds: MaildropContents): void {
    const quota = this.of(account);
    const before = this.#levels.get(maildrop);
    if (quota === undefined && before === undefined) return;
    const level = quota === undefined ? 0 : reached(this.#rules.levels, quota.used(holds));
    if (level === (before?.level ?? 0)) return;
    if (level === 0) {
      this.remove(maildrop);
      return;
    }
    // Once it is below a level again, reaching that is news again.
    this.#put(maildrop, { level, told: Math.min(before?.told ?? 0, level) });
    if (level > (before?.level ?? 0)) this.#reached.push({ account, level });
  }

  /** The letter about this level is placed by the transaction. */
  told(maildrop: number, about: number): void {
    const found = this.#levels.get(maildrop);
    if (found === undefined) return;
    const { level, told } = found;
    this.#put(maildrop, { level, told: Math.max(told, Math.min(level, about)) });
  }

  /** Once the transaction is committed: whose owners are to be written to. */
  takeReached(): readonly DueWarning[] {
    if (this.#reached.length === 0) return this.#reached;
    // One that has reached several is told of the highest.
    const taken = new Map(this.#reached.map((due) => [due.account, due]));
    this.#reached = [];
    return [...taken.values()];
  }

  /** The transaction was undone. */
  undo(): void {
    this.#quotas.clear();
    this.#reached = [];
    this.#levels = this.#index.quotaLevels.all();
  }

  #put(maildrop: number, level: QuotaLevel): void {
    this.#levels.set(maildrop, level);
    this.#index.quotaLevels.put(maildrop, level);
  }
}

/** What maildrops hold once the letters of a batch are in them, as far as they have been looked at. */
export class Tally {
  readonly #index: IndexWrites;
  readonly #quotas: Quotas;
  readonly #maildrops = new Map<string, { readonly id: number; count: number; octets: number }>();

  constructor(index: IndexWrites, quotas: Quotas) {
    this.#index = index;
    this.#quotas = quotas;
  }

  idOf(name: string): number | undefined {
    return this.#find(name)?.id;
  }

  /** Why the maildrop does not take such a letter too. */
  refusal(name: string, octets: number): StoreError | undefined {
    const holds = this.#find(name);
    return holds && this.#quotas.of(name)?.refusal(name, holds, octets);
  }

  /** It takes it. */
  take(name: string, octets: number): void {
    const holds = this.#find(name);
    if (!holds) return;
    holds.count += 1;
    holds.octets += octets;
  }

  #find(name: string): { readonly id: number; count: number; octets: number } | undefined {
    const known = this.#maildrops.get(name);
    if (known) return known;
    const found = this.#index.maildrops.contentsOf(name);
    if (found) this.#maildrops.set(name, found);
    return found;
  }
}
