import type { LoginOutcome, LoginReport } from '../accounts/authenticator.ts';
import type { Log } from './log.ts';

/** What tells of somebody who guesses. A phone with an old password is told once; who was not looked at has been told before. */
const TOLD: readonly LoginOutcome[] = ['unknown', 'disabled', 'wrong-password', 'not-theirs', 'not-allowed'];

/**
 * The line of a login that was refused, in a form that fail2ban reads (docs/operations.md). The name that was tried is in it only
 * where it is an account's: people type passwords where names belong.
 */
export function logLogin(log: Log, { outcome, address, account }: LoginReport): void {
  if (TOLD.includes(outcome)) log.info({ address, account, outcome }, 'login refused');
}
