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
    const options = { data, limits: { letter: largest, reserveFile: 0 } };
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
  { durable: true },
);
