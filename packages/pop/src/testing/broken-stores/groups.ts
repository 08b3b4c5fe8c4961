import type { Envelope, Recipient } from '../../maildrop/store.ts';
import { StoreError } from '../../maildrop/store-error.ts';
import type { MemoryStore } from '../memory-store.ts';
import type { BrokenStore } from './around.ts';
import { deliveries, isPlaced, listed, together } from './around.ts';

/** Stores that do not give a letter to all of a group or to none. */
export const storesThatBreakGroups: readonly BrokenStore[] = [
  {
    name: 'knows no groups',
    noticedBy: [
      'when one of a group is not there',
      'a mailbox in a group that fails',
      'a mailbox that stands for itself',
    ],
    breakStore: (store) =>
      changed(store, (recipients) => recipients.map(({ maildrop, trace }) => ({ maildrop, trace }))),
  },
  {
    name: 'fails a group since one of its mailboxes is in another that fails',
    noticedBy: ['a mailbox in a group that fails', 'a mailbox that stands for itself'],
    breakStore: (store) => changed(store, joined),
  },
  {
    name: 'fails the whole envelope when a group fails',
    noticedBy: ['when one of a group is not there'],
    breakStore: (store) => changed(store, (recipients) => recipients.map((recipient) => ({ ...recipient, group: 1 }))),
  },
  {
    name: 'delivers to each group by itself',
    noticedBy: ['a mailbox in two groups'],
    breakStore: (store) => ({
      beginDelivery: (envelope) => {
        const groups = Map.groupBy(envelope.recipients, ({ maildrop, group = maildrop }) => group);
        return together([...groups.values()].map((recipients) => store.beginDelivery({ ...envelope, recipients })));
      },
    }),
  },
  {
    name: 'tells those of a group who are there that they have the letter',
    noticedBy: ['when one of a group is not there', 'a mailbox that stands for itself'],
    breakStore: (store) =>
      deliveries(store, (delivery, { recipients }) => ({
        commit: () =>
          delivery.commit().map(async (promise, index) => {
            const answer = await promise;
            const isThere = recipients[index]?.maildrop !== 'nobody';
            return answer instanceof StoreError && isThere ? { uniqueId: 'x', octets: 1 } : answer;
          }),
      })),
  },
  {
    name: 'gives a group’s letter to its first mailbox only',
    noticedBy: ['each of a group gets the letter'],
    breakStore: (store) =>
      deliveries(store, (delivery, { recipients }) => ({
        commit: () => {
          const first = new Set<number>();
          const answers = delivery.commit();
          return answers.map(async (promise, index) => {
            const { maildrop = '', group } = recipients[index] ?? {};
            const answer = await promise;
            if (group === undefined || !isPlaced(answer)) return answer;
            if (first.has(group)) await takeBack(store, maildrop, answer.uniqueId);
            first.add(group);
            return answer;
          });
        },
      })),
  },
];

/** A store that takes the envelope's recipients for others. */
function changed(store: MemoryStore, change: (recipients: readonly Recipient[]) => readonly Recipient[]) {
  return {
    beginDelivery: (envelope: Envelope) =>
      store.beginDelivery({ ...envelope, recipients: change(envelope.recipients) }),
  };
}

/** Recipients whose groups share a mailbox are one group. */
function joined(recipients: readonly Recipient[]): readonly Recipient[] {
  const groups = recipients.map(({ group }, index) => group ?? -1 - index);
  for (const [one, { maildrop }] of recipients.entries()) {
    for (const [other, { maildrop: name }] of recipients.entries()) {
      if (name !== maildrop || groups[one] === groups[other]) continue;
      const from = groups[other];
      for (const [index, group] of groups.entries()) if (group === from) groups[index] = groups[one] ?? 0;
    }
  }
  return recipients.map((recipient, index) => ({ ...recipient, group: groups[index] ?? 0 }));
}

async function takeBack(store: MemoryStore, name: string, uniqueId: string): Promise<void> {
  const maildrop = store.openMaildrop(name);
  const numbers = listed(maildrop).filter((entry) => entry.uniqueId === uniqueId);
  const by = { account: name, session: 'none', address: 'none' };
  await maildrop.expunge(
    numbers.map(({ number }) => number),
    by,
  );
  maildrop.close();
}
