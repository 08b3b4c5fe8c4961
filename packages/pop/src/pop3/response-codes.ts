import type { StoreErrorKind } from '../maildrop/store-error.ts';
import type { ResponseCode } from './replies.ts';

const CODES: Readonly<Record<StoreErrorKind, ResponseCode>> = {
  temporary: 'SYS/TEMP',
  'no-room': 'SYS/TEMP',
  'over-quota': 'SYS/TEMP',
  'too-large': 'SYS/PERM',
  permanent: 'SYS/PERM',
  'no-maildrop': 'SYS/PERM',
  'in-use': 'IN-USE',
};

/** What a peer learns of a store's error: this and no more. `IN-USE` can only come at login (EXT-17). */
export function responseCode(kind: StoreErrorKind): ResponseCode {
  return CODES[kind];
}
