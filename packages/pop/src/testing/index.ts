/**
 * What tests of a maildrop, a store or a protocol need.
 * @module
 */
export { MemoryStore, type MemoryStoreOptions } from './memory-store.ts';
export { type Step, walkStore } from './store-cases/walk.ts';
export {
  runStoreCase,
  type StoreCase,
  type StoreUnderTest,
  storeCases,
  storeConformance,
} from './store-conformance.ts';
