import test from 'node:test';
import fc from 'fast-check';
import { MemoryStore } from './memory-store.ts';
import { walkStore } from './store-cases/walk.ts';
import { type StoreUnderTest, storeConformance } from './store-conformance.ts';

const LARGEST = 8_000_000;

function openMemoryStore(slice: number): StoreUnderTest {
  const store = new MemoryStore({ largestLetter: LARGEST, slice });
  return {
    store,
    addMaildrop: (name) => store.addMaildrop(name),
    failWrite: (delivery) => delivery.write(Buffer.alloc(LARGEST + 1)),
    setRoom: (octets) => {
      store.room = octets;
    },
    close: () => {},
  };
}

storeConformance('MemoryStore', () => openMemoryStore(65_536), { durable: false, room: true });
storeConformance('MemoryStore that reads in large slices', () => openMemoryStore(10_000_000), {
  durable: false,
  room: true,
});

test('MemoryStore agrees with the model on every walk', async () => {
  const steps = fc.array(fc.tuple(fc.nat(9), fc.nat(20), fc.nat(65_535)), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(steps, (walk) => walkStore(openMemoryStore(1_000), walk)),
    { numRuns: 100 },
  );
});
