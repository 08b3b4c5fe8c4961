import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StoreError } from '../../maildrop/store-error.ts';
import { MemoryStore } from '../memory-store.ts';
import { runStoreCase, type StoreUnderTest, storeCases } from '../store-conformance.ts';
import { around, type BrokenStore } from './around.ts';
import { storesThatBreakDeliveries } from './deliveries.ts';
import { storesThatBreakExpunge } from './expunge.ts';
import { storesThatBreakGroups } from './groups.ts';
import { storesThatBreakLetters } from './letters.ts';
import { storesThatBreakRoom } from './room.ts';
import { storesThatBreakSnapshots } from './snapshots.ts';
import { storesThatBreakPurge, storesThatBreakUndelete } from './undelete-purge.ts';

const brokenStores: readonly BrokenStore[] = [
  ...storesThatBreakLetters,
  ...storesThatBreakDeliveries,
  ...storesThatBreakGroups,
  ...storesThatBreakRoom,
  ...storesThatBreakSnapshots,
  ...storesThatBreakExpunge,
  ...storesThatBreakUndelete,
  ...storesThatBreakPurge,
];

const LARGEST = 8_000_000;

function open(breakStore: BrokenStore['breakStore']): StoreUnderTest {
  const kept = new MemoryStore({ largestLetter: LARGEST });
  let store = around(kept, breakStore(kept));
  return {
    get store() {
      return store;
    },
    addMaildrop: (name) => kept.addMaildrop(name),
    failWrite: (delivery) => delivery.write(Buffer.alloc(LARGEST + 1)),
    setRoom: (octets) => {
      kept.room = octets;
    },
    reopen: async () => {
      store = around(kept, breakStore(kept));
    },
    close: () => {},
  };
}

function casesNamed(beginning: string) {
  const cases = storeCases.filter(({ name }) => name.startsWith(beginning));
  assert.ok(cases.length > 0, `no case begins with “${beginning}”`);
  return cases;
}

describe('the conformance suite notices a store that', () => {
  for (const { name, noticedBy, breakStore } of brokenStores) {
    test(name, async () => {
      for (const storeCase of noticedBy.flatMap(casesNamed)) {
        await assert.rejects(
          () => runStoreCase(storeCase, () => open(breakStore)),
          (error) => error instanceof assert.AssertionError || error instanceof StoreError,
          storeCase.name,
        );
      }
    });
  }
});

describe('the same store, when nothing is broken, passes', () => {
  for (const storeCase of storeCases) test(storeCase.name, () => runStoreCase(storeCase, () => open(() => ({}))));
});

test('every case of the suite can fail: some broken store fails it', () => {
  const noticing = new Set(brokenStores.flatMap(({ noticedBy }) => noticedBy.flatMap(casesNamed)));
  assert.deepEqual(
    storeCases.filter((storeCase) => !noticing.has(storeCase)).map(({ name }) => name),
    [],
  );
});
