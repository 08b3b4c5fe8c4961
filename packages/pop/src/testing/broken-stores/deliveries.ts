import { createHash, randomUUID } from 'node:crypto';
import type { Delivery, Placed } from '../../maildrop/store.ts';
import { StoreError } from '../../maildrop/store-error.ts';
import type { BrokenStore } from './around.ts';
import { deliveries, entries, listed, present, renaming, together } from './around.ts';

/** Stores that take letters in wrongly: to the wrong people, too early, too often, or under the wrong name. */
export const storesThatBreakDeliveries: readonly BrokenStore[] = [
  {
    name: 'makes the unique-id of the content',
    noticedBy: ['identical letters get different unique-ids', 'every recipient gets the same letter'],
    breakStore: (store) =>
      renaming(store, (_recipient, content) => createHash('sha256').update(content).digest('base64url')),
  },
  {
    name: 'makes the unique-id of how many letters there are, and so gives it again',
    noticedBy: ['a unique-id is never given again'],
    breakStore: (store) => renaming(store, ({ maildrop }) => `${maildrop}-${present(store, maildrop).size}`),
  },
  {
    name: 'gives a unique-id with a space in it',
    noticedBy: ['a unique-id is 1 to 70 octets'],
    breakStore: (store) => renaming(store, () => `id ${randomUUID()}`),
  },
  {
    name: 'gives a unique-id of 71 octets',
    noticedBy: ['a unique-id is 1 to 70 octets'],
    breakStore: (store) => renaming(store, () => randomUUID().padEnd(71, '0')),
  },
  {
    name: 'gives all recipients the first one’s trace fields',
    noticedBy: ['every recipient gets the same letter'],
    breakStore: (store) => ({
      beginDelivery: (envelope) => {
        const trace = envelope.recipients[0]?.trace ?? Buffer.alloc(0);
        const recipients = envelope.recipients.map((recipient) => ({ ...recipient, trace }));
        return store.beginDelivery({ ...envelope, recipients });
      },
    }),
  },
  {
    name: 'delivers twice to a mailbox that stands twice in the envelope',
    noticedBy: ['a mailbox that stands twice'],
    breakStore: (store) => ({
      beginDelivery: (envelope) =>
        together(envelope.recipients.map((recipient) => store.beginDelivery({ ...envelope, recipients: [recipient] }))),
    }),
  },
  {
    name: 'puts the newest letter first',
    noticedBy: ['letters delivered one after another'],
    breakStore: (store) =>
      entries(store, ({ number }, maildrop) => {
        const other = listed(maildrop)[maildrop.count - number];
        return other ? { ...other, number } : {};
      }),
  },
  {
    name: 'answers that a letter is there before it is',
    noticedBy: ['a letter shows at the moment'],
    breakStore: (store) => {
      const stale = new Map<string, ReturnType<typeof store.openMaildrop>>();
      return {
        openMaildrop: (name) => stale.get(name) ?? store.openMaildrop(name),
        ...deliveries(store, (delivery, { recipients }) => ({
          commit: () => {
            for (const { maildrop } of recipients) stale.set(maildrop, store.openMaildrop(maildrop));
            setImmediate(() => stale.clear());
            return delivery.commit();
          },
        })),
      };
    },
  },
  {
    name: 'lets deliveries that go on at once run into each other',
    noticedBy: ['deliveries that go on at once'],
    breakStore: (store) => {
      let last: Delivery | undefined;
      return deliveries(store, (delivery) => {
        last = delivery;
        return {
          write: async (octets) => {
            const target = last ?? delivery;
            await Promise.resolve();
            return octets.length < 500 ? delivery.write(octets) : target.write(octets);
          },
        };
      });
    },
  },
  {
    name: 'delivers what was aborted',
    noticedBy: ['abort leaves nothing'],
    breakStore: (store) =>
      deliveries(store, (delivery) => {
        let aborted = false;
        return {
          abort: async () => {
            if (!aborted) await Promise.all(delivery.commit());
            aborted = true;
          },
        };
      }),
  },
  {
    name: 'commits what was written before a write failed',
    noticedBy: ['after a failed write', 'a letter that fails is answered to every group'],
    breakStore: (store) =>
      deliveries(store, (delivery, envelope) => {
        const good = store.beginDelivery(envelope);
        return {
          write: (octets) => {
            void delivery.write(octets);
            return good.write(octets);
          },
          commit: () => good.commit(),
        };
      }),
  },
  {
    name: 'answers every recipient no-maildrop when one is not there',
    noticedBy: ['a recipient that is not there'],
    breakStore: (store) =>
      deliveries(store, (delivery) => ({
        commit: () => {
          const answers = Promise.all(delivery.commit());
          const refused = answers.then((all) => all.find((answer) => answer instanceof StoreError));
          return [0, 1, 2].map(async (index) => (await refused) ?? ((await answers)[index] as Placed));
        },
      })),
  },
  {
    name: 'forgets the unique-ids when it is opened again',
    noticedBy: ['letters, their order and their unique-ids are the same'],
    breakStore: (store) => {
      const life = randomUUID();
      return entries(store, ({ uniqueId }) => ({ uniqueId: `${life}${uniqueId}` }));
    },
  },
];
