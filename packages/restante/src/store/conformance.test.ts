import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeConformance } from '@restante/pop/testing';
import { openStore } from './store.ts';

const largest = 6_000_000;

storeConformance(
  'the durable store',
  async () => {
    const data = await mkdtemp(join(tmpdir(), 'restante-conformance-'));
    const reserve = 1_000_000;
    const pretendFree = new SharedArrayBuffer(8);
    const setFree = (octets: number) => Atomics.store(new BigInt64Array(pretendFree), 0, BigInt(octets));
    setFree(1_000_000_000_000);
    const options = { data, pretendFree, limits: { letter: largest, reserveFile: 0, reserve } };
    let store = await openStore(options);
    return {
      get store() {
        return store;
      },
      addMaildrop: async (name) => {
        await store.add({ name, addresses: [], passwordHash: '$none$' });
      },
      failWrite: async (delivery) => {
        await delivery.write(Buffer.alloc(largest + 1));
      },
      setRoom: async (octets) => {
        // Only a disk on which all was done to make room, and a letter refused, is said to have no more.
        setFree(reserve);
        const recipients = [{ maildrop: 'nobody', trace: new Uint8Array(0) }];
        await Promise.all(store.beginDelivery({ returnPath: '', recipients }).commit());
        setFree(reserve + octets);
      },
      reopen: async () => {
        await store.close();
        store = await openStore(options);
      },
      close: async () => {
        await store.close();
        await rm(data, { recursive: true });
      },
    };
  },
  { durable: true, room: true },
);
