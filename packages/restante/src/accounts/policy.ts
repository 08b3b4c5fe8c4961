import * as v from 'valibot';
import { isNetwork } from './network.ts';

/**
 * What is true of one account where it differs from what the settings say for all; what is absent is as the settings say.
 * Kept in the account's row, as JSON.
 */
export interface AccountPolicy {
  /** Octets that its maildrop may hold; `null` for no limit. */
  readonly quotaOctets?: number | null;
  /** Letters that its maildrop may hold; `null` for no limit. */
  readonly quotaLetters?: number | null;
  /** Seconds from one login to the next (RFC 2449 §6.5); 0 for none. */
  readonly loginDelay?: number;
  /** Days that a letter is kept after its arrival (RFC 2449 §6.6); `null` for ever. */
  readonly expire?: number | null;
  /** Days that a letter is kept after it was first fetched; `null` for ever. */
  readonly expireFetched?: number | null;
  /** `exclusive`: one session at a time, others are told [IN-USE] (RFC 2449 §8.1.2). */
  readonly lock?: 'snapshot' | 'exclusive';
  /** Whether nobody logs in without TLS, from wherever. */
  readonly requireTls?: boolean;
  /** Addresses and networks (`192.0.2.0/24`, `2001:db8::/32`) that logins are taken from; none named: from everywhere. */
  readonly networks?: readonly string[];
  /** Sessions at once. */
  readonly sessions?: number;
  /** Whether only device passwords are taken. */
  readonly requireDevice?: boolean;
  /** Whether the owner is written a letter about removals. */
  readonly removalNotice?: boolean;
}

const limit = v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(0)));
const days = v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(36_500)));

const SCHEMA = v.strictObject({
  quotaOctets: v.exactOptional(limit),
  quotaLetters: v.exactOptional(limit),
  loginDelay: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(86_400))),
  expire: v.exactOptional(days),
  expireFetched: v.exactOptional(days),
  lock: v.exactOptional(v.picklist(['snapshot', 'exclusive'])),
  requireTls: v.exactOptional(v.boolean()),
  networks: v.exactOptional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(64), v.check(isNetwork))), v.maxLength(100))),
  sessions: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
  requireDevice: v.exactOptional(v.boolean()),
  removalNotice: v.exactOptional(v.boolean()),
});

/** As it comes over the control socket. */
export const POLICY_EDIT = v.strictObject({
  set: SCHEMA,
  unset: v.array(v.picklist(Object.keys(SCHEMA.entries) as (keyof AccountPolicy)[])),
});

/** What becomes of a policy: these values instead of its own, and those back to what the settings say. */
export type PolicyEdit = v.InferOutput<typeof POLICY_EDIT>;

/** Throws where a newer program has written what this one does not know: to ignore it could open what was shut. */
export function parsePolicy(text: string): AccountPolicy {
  return text === '{}' ? NONE : v.parse(SCHEMA, JSON.parse(text));
}

export function formatPolicy(policy: AccountPolicy): string {
  return JSON.stringify(v.parse(SCHEMA, policy));
}

export function edited(policy: AccountPolicy, { set, unset }: PolicyEdit): AccountPolicy {
  const kept = Object.entries(policy).filter(([key]) => !unset.includes(key as keyof AccountPolicy));
  return { ...Object.fromEntries(kept), ...set };
}

const NONE: AccountPolicy = {};
