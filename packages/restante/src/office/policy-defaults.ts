import type { AccountPolicy } from '../accounts/policy.ts';
import type { Settings } from '../config/settings.ts';

/** What the settings say for all accounts of what each may have otherwise. */
export function policyDefaults(settings: Settings): AccountPolicy {
  return {
    quotaOctets: settings['quota.octets'] ?? null,
    quotaLetters: settings['quota.letters'] ?? null,
    loginDelay: Math.ceil(settings.login_delay / 1000),
    expire: settings.expire,
    lock: settings['maildrop.lock'],
    requireTls: settings.cleartext === 'never',
    sessions: settings['limits.sessions_per_account'],
  };
}
