import type { AccountPolicy } from './policy.ts';

/** What is so where neither the account nor the settings say anything. */
const OTHERWISE: Required<AccountPolicy> = {
  quotaOctets: null,
  quotaLetters: null,
  loginDelay: 0,
  expire: null,
  expireFetched: null,
  lock: 'snapshot',
  requireTls: false,
  networks: [],
  sessions: 50,
  requireDevice: false,
  removalNotice: false,
};

/** What goes for an account, value by value, and whether it is its own. */
export type PolicyInForce = {
  readonly [K in keyof AccountPolicy]-?: {
    readonly value: Required<AccountPolicy>[K];
    readonly from: 'account' | 'settings';
  };
};

/** `settings` is what they say for all accounts. */
export function policyInForce(policy: AccountPolicy, settings: AccountPolicy): PolicyInForce {
  const values = Object.entries({ ...OTHERWISE, ...settings, ...policy }).map(([key, value]) => [
    key,
    { value, from: Object.hasOwn(policy, key) ? 'account' : 'settings' },
  ]);
  return Object.fromEntries(values);
}
