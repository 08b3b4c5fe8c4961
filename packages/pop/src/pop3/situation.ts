import type { CommandRow } from './commands.ts';
import type { State } from './extension.ts';

/** Where a session stands, as far as it decides which commands are legal. */
export interface Situation {
  readonly state: State;
  /** Whether a password may be sent here: there is TLS, or the policy allows it without (AUTH-22). */
  readonly cleartext: boolean;
  /** Whether TLS is active. */
  readonly secure: boolean;
  /** Whether TLS could begin: there is a certificate. */
  readonly certificate: boolean;
}

/** Whether what a command's row requires holds. */
export function meets(situation: Situation, requirement: CommandRow['requires']): boolean {
  switch (requirement) {
    case undefined:
      return true;
    case 'cleartext':
      return situation.cleartext;
    case 'tls-possible':
      return situation.certificate && !situation.secure;
  }
}
