import { describe, test } from 'node:test';
import type { MaybePromise } from '../maildrop/maildrop.ts';
import type { Delivery, Store } from '../maildrop/store.ts';
import { deliveryCases } from './store-cases/deliveries.ts';
import { expungeCases } from './store-cases/expunge.ts';
import { groupCases } from './store-cases/groups.ts';
import { letterCases } from './store-cases/letters.ts';
import { purgeCases } from './store-cases/purge.ts';
import { roomCases } from './store-cases/room.ts';
import { snapshotCases } from './store-cases/snapshots.ts';
import { undeleteCases } from './store-cases/undelete.ts';
import { walkCases } from './store-cases/walk.ts';

/** A fresh store for one case, with what a test needs beyond the contract. */
export interface StoreUnderTest {
  /** The store; after `reopen` the newly opened one. */
  readonly store: Store;
  /** Makes an empty mailbox. */
  readonly addMaildrop: (name: string) => MaybePromise<void>;
  /** Makes a write of this delivery fail: with what the store refuses (say, too many octets) or by a planted fault. */
  readonly failWrite: (delivery: Delivery) => MaybePromise<void>;
  /** Stores that can tell whether there is room: from now on there is room for so many octets. */
  readonly setRoom?: (octets: number) => MaybePromise<void>;
  /** Durable stores: closes the store and opens it again on the same data. No snapshot is open then. */
  readonly reopen?: () => Promise<void>;
  /** Lets go of the store and its data. */
  readonly close: () => MaybePromise<void>;
}

/** One promise of the contract, as something that either holds or throws. */
export interface StoreCase {
  /** What holds, in words, with the requirement's ID where there is one. */
  readonly name: string;
  /** Whether it is about a store that outlives its process, and so needs {@link StoreUnderTest.reopen}. */
  readonly durable?: true;
  /** Whether it is about a store that can tell whether there is room, and so needs {@link StoreUnderTest.setRoom}. */
  readonly room?: true;
  run(tested: StoreUnderTest): Promise<void>;
}

/** All that the contract promises. */
export const storeCases: readonly StoreCase[] = [
  ...letterCases,
  ...deliveryCases,
  ...groupCases,
  ...roomCases,
  ...snapshotCases,
  ...expungeCases,
  ...undeleteCases,
  ...purgeCases,
  ...walkCases,
];

/**
 * Registers a `node:test` case for every promise of the {@link Store} contract.
 *
 * @example
 * storeConformance('MemoryStore', () => openMyStore(), { durable: false, room: false });
 */
export function storeConformance(
  name: string,
  open: () => MaybePromise<StoreUnderTest>,
  { durable, room }: { readonly durable: boolean; readonly room: boolean },
): void {
  describe(`${name} keeps the promises of a store`, () => {
    for (const storeCase of storeCases) {
      if ((storeCase.durable && !durable) || (storeCase.room && !room)) continue;
      test(storeCase.name, () => runStoreCase(storeCase, open));
    }
  });
}

/** Runs one case against a fresh store; rejects when the promise is broken. */
export async function runStoreCase(storeCase: StoreCase, open: () => MaybePromise<StoreUnderTest>): Promise<void> {
  const tested = await open();
  try {
    await storeCase.run(tested);
  } finally {
    await tested.close();
  }
}
