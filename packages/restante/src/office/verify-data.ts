import { StoreError } from '@restante/pop/maildrop';
import { Failure } from '../failure.ts';
import { dataFolder } from '../store/letters/segments/folder.ts';
import { isHeld } from '../store/lock.ts';
import { type VerifyOptions, type VerifyReport, verify } from '../store/verify/verify.ts';

/** Looks through an office, open or closed, or a backup. Rejects with a {@link Failure} where there is none. */
export async function verifyData(options: Omit<VerifyOptions, 'officeIsOpen'>): Promise<VerifyReport> {
  try {
    return await verify({ ...options, officeIsOpen: isHeld(dataFolder(options.data)) });
  } catch (thrown) {
    if (thrown instanceof StoreError) throw new Failure(thrown.message);
    throw thrown;
  }
}
