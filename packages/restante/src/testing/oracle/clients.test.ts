import assert from 'node:assert/strict';
import test from 'node:test';
import type { Store } from '@restante/pop/maildrop';
import { MemoryStore } from '@restante/pop/testing';
import { runClients } from './clients.ts';
import { verifyStore } from './inspect.ts';
import { storeOffice } from './office.ts';
import { type PromiseEvent, Promises } from './promises.ts';
import { Random } from './random.ts';

const maildrops = ['one', 'two', 'three'];

/** Lets clients at a store; answers what they noted, by type, and what is wrong afterwards. */
async function visit(breakStore: (store: MemoryStore) => Partial<Store> = () => ({})) {
  const store = new MemoryStore({ maildrops });
  const promises = new Promises();
  const counts = new Map<PromiseEvent['type'], number>();
  const record = (event: PromiseEvent) => {
    const letters = 'letters' in event ? event.letters.length : 1;
    counts.set(event.type, (counts.get(event.type) ?? 0) + letters);
    promises.record(event);
  };
  const visited: Store = {
    openMaildrop: (name) => store.openMaildrop(name),
    beginDelivery: (envelope) => store.beginDelivery(envelope),
    undelete: (name, choice) => store.undelete(name, choice),
    purge: (before) => store.purge(before),
    ...breakStore(store),
  };
  const office = storeOffice(visited);
  await runClients({
    office,
    random: new Random(7),
    maildrops,
    promises,
    record,
    name: 'test',
    senders: 4,
    times: 60,
    large: 70_000,
  });
  return { counts, violations: await verifyStore(store, maildrops, promises, { use: true }) };
}

test('against a store that keeps its promises nothing is wrong, and everything was done', async () => {
  const { counts, violations } = await visit();
  assert.deepEqual(violations, []);
  for (const type of ['accepted', 'retrieved', 'removed', 'restored', 'purging'] as const) {
    assert.ok((counts.get(type) ?? 0) > 10, `${type}: ${counts.get(type)}`);
  }
  assert.equal(counts.get('refused'), undefined);
});

test('a store that says 250 and drops every hundredth letter is found out', async () => {
  let deliveries = 0;
  const { violations } = await visit((store) => ({
    beginDelivery: (envelope) => {
      const delivery = store.beginDelivery(envelope);
      deliveries += 1;
      if (deliveries % 100 !== 0) return delivery;
      const answers = envelope.recipients.map(async () => ({ uniqueId: `dropped-${deliveries}`, octets: 1 }));
      return { write: () => {}, abort: async () => {}, commit: () => answers };
    },
  }));
  assert.ok(violations.some(({ kind }) => kind === 'lost'));
});

test('a store that says +OK and keeps what was marked is found out', async () => {
  const { violations } = await visit((store) => ({
    openMaildrop: (name) => {
      const maildrop = store.openMaildrop(name);
      return {
        count: maildrop.count,
        octets: maildrop.octets,
        entries: (from, to) => maildrop.entries(from, to),
        read: (number, from) => maildrop.read(number, from),
        expunge: async () => ({ notRemoved: [] }),
        close: () => maildrop.close(),
      };
    },
    undelete: async (_name, { uniqueIds = [] }) => uniqueIds.length,
  }));
  assert.ok(violations.some(({ kind }) => kind === 'came-back'));
});
