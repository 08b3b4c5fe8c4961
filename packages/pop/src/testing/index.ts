/**
 * What tests of a maildrop, a store or a protocol need.
 * @module
 */
export { MemoryStore, type MemoryStoreOptions } from './memory-store.ts';
