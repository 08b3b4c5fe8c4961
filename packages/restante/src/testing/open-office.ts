import { Dovecot } from './dovecot.ts';
import type { Office } from './office.ts';
import { RunningOffice } from './running-office.ts';

/** RESTANTE_TEST_OFFICE=dovecot runs the tests that know only an {@link Office} against Dovecot. */
const AT_DOVECOT = process.env['RESTANTE_TEST_OFFICE'] === 'dovecot';

/** Our own post office, or another's where that is asked for: what the tests expect should be no invention of ours. */
export async function openOffice(): Promise<Office> {
  return AT_DOVECOT ? await Dovecot.start() : await RunningOffice.start();
}
