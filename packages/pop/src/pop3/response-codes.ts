import type { StoreErrorKind } from '../maildrop/store-error.ts';
import type { ResponseCode } from './replies.ts';

const CODES: Readonly<Record<StoreErrorKind, ResponseCode>> = {
  temporary: 'SYS/TEMP',
  'no-room': 'SYS/TEMP',
  'over-quota': 'SYS/TEMP',
  'too-large': 'SYS/PERM',
  'exceeds-maildrop': 'SYS/PERM',
  permanent: 'SYS/PERM',
  'no-maildrop': 'SYS/PERM',
  // A session that lost its hold on the maildrop may well get it back.
  'in-use': 'SYS/TEMP',
  'too-soon': 'SYS/TEMP',
};

/** What a peer learns of a store's error after login: this and no more. */
export function responseCode(kind: StoreErrorKind): ResponseCode {
  return CODES[kind];
}

/** What a peer learns when its maildrop cannot be opened: `IN-USE` and `LOGIN-DELAY` stand behind AUTH, PASS and APOP only (EXT-17, EXT-18). */
export function loginResponseCode(kind: StoreErrorKind): ResponseCode {
  if (kind === 'in-use') return 'IN-USE';
  return kind === 'too-soon' ? 'LOGIN-DELAY' : responseCode(kind);
}
