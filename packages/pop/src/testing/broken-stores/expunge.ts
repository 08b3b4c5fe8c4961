import type { Maildrop } from '../../maildrop/maildrop.ts';
import { StoreError } from '../../maildrop/store-error.ts';
import type { BrokenStore } from './around.ts';
import { listed, maildrops, octetsOf, present } from './around.ts';

/** Stores from which the wrong letters leave, or too many, or none. */
export const storesThatBreakExpunge: readonly BrokenStore[] = [
  {
    name: 'removes the neighbour',
    noticedBy: ['expunge removes the letters it names'],
    breakStore: (store) =>
      maildrops(store, (maildrop) => ({
        expunge: (numbers, by) =>
          maildrop.expunge(
            numbers.map((number) => Math.min(number + 1, maildrop.count)),
            by,
          ),
      })),
  },
  {
    name: 'says that letters are removed and keeps them',
    noticedBy: ['expunge removes the letters it names', 'a letter that two sessions remove leaves once'],
    breakStore: (store) => maildrops(store, () => ({ expunge: async () => ({ notRemoved: [] }) })),
  },
  {
    name: 'removes by position in the mailbox of now',
    noticedBy: ['message-numbers say what is removed'],
    breakStore: (store) =>
      maildrops(store, (_maildrop, name) => ({
        expunge: async (numbers, by) => {
          const now = store.openMaildrop(name);
          const within = numbers.filter((number) => number <= now.count);
          return now.expunge(within, by).finally(() => now.close());
        },
      })),
  },
  {
    name: 'empties the mailbox when a session removed all it saw',
    noticedBy: ['what arrived during the session survives', 'thousands of letters leave at once'],
    breakStore: (store) =>
      maildrops(store, (maildrop, name) => ({
        expunge: async (numbers, by) => {
          await maildrop.expunge(numbers, by);
          if (numbers.length < Math.min(maildrop.count, 1_000)) return { notRemoved: [] };
          const now = store.openMaildrop(name);
          return now
            .expunge(
              listed(now).map(({ number }) => number),
              by,
            )
            .finally(() => now.close());
        },
      })),
  },
  {
    name: 'calls a letter that another session removed not removed',
    noticedBy: ['a letter that two sessions remove leaves once'],
    breakStore: (store) =>
      maildrops(store, (maildrop, name) => ({
        expunge: async (numbers, by) => {
          const uniqueIds = present(store, name);
          await maildrop.expunge(numbers, by);
          const gone = listed(maildrop).filter(({ uniqueId }) => !uniqueIds.has(uniqueId));
          return { notRemoved: gone.map(({ number }) => number).filter((number) => numbers.includes(number)) };
        },
      })),
  },
  {
    name: 'counts a letter that two sessions remove twice',
    noticedBy: [
      'a letter that two sessions remove leaves once',
      'count, octets, snapshots and letters agree with a model',
    ],
    breakStore: (store) => {
      const miscounted = new Map<string, number>();
      return maildrops(store, (maildrop, name) => ({
        count: maildrop.count - (miscounted.get(name) ?? 0),
        expunge: async (numbers, by) => {
          const uniqueIds = present(store, name);
          const twice = numbers.filter((number) => !uniqueIds.has(listed(maildrop, number, number)[0]?.uniqueId ?? ''));
          miscounted.set(name, (miscounted.get(name) ?? 0) + twice.length);
          return maildrop.expunge(numbers, by);
        },
      }));
    },
  },
  {
    name: 'forgets to take the octets off when a letter leaves',
    noticedBy: ['expunge removes the letters it names', 'count, octets, snapshots and letters agree with a model'],
    breakStore: (store) => {
      const extra = new Map<string, number>();
      return maildrops(store, (maildrop, name) => ({
        octets: maildrop.octets + (extra.get(name) ?? 0),
        expunge: async (numbers, by) => {
          const before = octetsNow(store.openMaildrop(name));
          const answer = await maildrop.expunge(numbers, by);
          extra.set(name, (extra.get(name) ?? 0) + before - octetsNow(store.openMaildrop(name)));
          return answer;
        },
      }));
    },
  },
  {
    name: 'cannot read a letter any more once it was removed',
    noticedBy: ['a letter that was removed is still whole', 'what another session removes stays'],
    breakStore: (store) =>
      maildrops(store, (maildrop, name) => ({
        read: (number, from) => {
          const uniqueId = listed(maildrop, number, number)[0]?.uniqueId ?? '';
          if (!present(store, name).has(uniqueId)) throw new StoreError('permanent', 'no such file');
          return octetsOf(maildrop, number, from);
        },
      })),
  },
  {
    name: 'removes a letter from every mailbox that has it',
    noticedBy: ['a letter leaves one mailbox and stays in another'],
    breakStore: (store) =>
      maildrops(store, (maildrop, name) => ({
        expunge: async (numbers, by) => {
          if (name === 'one' && maildrop.count === 1)
            await store
              .openMaildrop('two')
              .expunge([1], by)
              .catch(() => {});
          return maildrop.expunge(numbers, by);
        },
      })),
  },
  {
    name: 'brings back what was removed when it is opened again',
    noticedBy: ['what was removed is gone after the store was opened again'],
    breakStore: (store) => {
      void store.undelete('one', {}).catch(() => {});
      return {};
    },
  },
];

function octetsNow(maildrop: Maildrop): number {
  maildrop.close();
  return maildrop.octets;
}
