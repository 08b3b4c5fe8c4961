import type { CommanderError } from 'commander';
import { SYSEXITS } from '../lmtp-client/sysexits.ts';
import { Ended } from './exit-code.ts';

/** The exit status of `deliver` for a command line that cannot be understood: mail systems read it. */
export function endDelivery(error: CommanderError): never {
  throw error.exitCode === 0 ? error : new Ended(SYSEXITS.usage);
}
