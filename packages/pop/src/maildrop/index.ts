/**
 * Maildrops and the stores that hold them: the vocabulary that every protocol here shares.
 * @module
 */
export { groupsOf } from './groups.ts';
export type { Actor, Entry, Fetched, Leaving, Maildrop, MaybePromise } from './maildrop.ts';
export { type MemoryMailbox, memoryMailbox, memoryMaildrop } from './memory.ts';
export type { Delivery, Envelope, Placed, Recipient, Reservation, Store, UndeleteChoice } from './store.ts';
export { StoreError, type StoreErrorKind } from './store-error.ts';
