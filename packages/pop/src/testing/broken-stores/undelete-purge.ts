import { randomUUID } from 'node:crypto';
import type { Maildrop } from '../../maildrop/maildrop.ts';
import { StoreError } from '../../maildrop/store-error.ts';
import type { BrokenStore } from './around.ts';
import { deliveries, entries, isPlaced, listed, maildrops, octetsOf, present } from './around.ts';

/** Stores that bring letters back wrongly. */
export const storesThatBreakUndelete: readonly BrokenStore[] = [
  {
    name: 'brings a letter back under its old number',
    noticedBy: ['an expunged letter comes back at the end', 'no letter comes back twice', 'since and unique-ids'],
    breakStore: (store) => {
      const order: string[] = [];
      const sorted = (maildrop: Maildrop) =>
        listed(maildrop).toSorted((a, b) => order.indexOf(a.uniqueId) - order.indexOf(b.uniqueId));
      return {
        ...maildrops(store, (maildrop) => ({
          entries: (from, to) =>
            sorted(maildrop)
              .map((entry, index) => ({ ...entry, number: index + 1 }))
              .slice(from - 1, to),
          read: (number, from) => octetsOf(maildrop, sorted(maildrop)[number - 1]?.number ?? 0, from),
        })),
        ...deliveries(store, (delivery) => ({
          commit: () =>
            delivery.commit().map(async (promise) => {
              const answer = await promise;
              if (isPlaced(answer)) order.push(answer.uniqueId);
              return answer;
            }),
        })),
      };
    },
  },
  {
    name: 'gives a letter that comes back a new unique-id',
    noticedBy: ['an expunged letter comes back at the end', 'a letter that came back may leave'],
    breakStore: (store) => {
      const renamed = new Map<string, string>();
      return {
        ...entries(store, ({ uniqueId }) => ({ uniqueId: renamed.get(uniqueId) ?? uniqueId })),
        undelete: async (name, choice) => {
          const before = present(store, name);
          const back = await store.undelete(name, choice);
          for (const uniqueId of present(store, name)) if (!before.has(uniqueId)) renamed.set(uniqueId, randomUUID());
          return back;
        },
      };
    },
  },
  {
    name: 'counts letters that are back already',
    noticedBy: ['no letter comes back twice'],
    breakStore: (store) => {
      let back = 0;
      return {
        undelete: async (name, choice) => {
          back += await store.undelete(name, choice);
          return back;
        },
      };
    },
  },
  {
    name: 'brings a letter back only once in its life',
    noticedBy: ['a letter that came back may leave'],
    breakStore: (store) => {
      const once = new Set<string>();
      return {
        undelete: async (name, choice) => {
          const before = present(store, name);
          if (once.has(name)) return 0;
          const back = await store.undelete(name, choice);
          if (present(store, name).size > before.size) once.add(name);
          return back;
        },
      };
    },
  },
  {
    name: 'does not look at the time when it undeletes',
    noticedBy: ['since and unique-ids'],
    breakStore: (store) => ({
      undelete: (name, { uniqueIds }) => store.undelete(name, uniqueIds ? { uniqueIds } : {}),
    }),
  },
  {
    name: 'does not look at the session when it undeletes',
    noticedBy: ['only what one session expunged comes back'],
    breakStore: (store) => ({
      undelete: (name, { session: _, ...choice }) => store.undelete(name, choice),
    }),
  },
  {
    name: 'keeps the unique-ids when it is to give new ones',
    noticedBy: ['a letter comes back as one that no client knows'],
    breakStore: (store) => ({
      undelete: (name, { newUniqueIds: _, ...choice }) => store.undelete(name, choice),
    }),
  },
  {
    name: 'does not look at the unique-ids when it undeletes',
    noticedBy: ['since and unique-ids', 'it is about one mailbox only'],
    breakStore: (store) => ({
      undelete: (name, { since }) => store.undelete(name, since === undefined ? {} : { since }),
    }),
  },
  {
    name: 'takes the departure back, so that open sessions see the letter again',
    noticedBy: ['open snapshots see nothing of it'],
    breakStore: (store) => ({
      openMaildrop: (name) => {
        const maildrop = store.openMaildrop(name);
        const now = () => {
          const fresh = store.openMaildrop(name);
          return fresh.count > maildrop.count ? fresh : maildrop;
        };
        return {
          get count() {
            return now().count;
          },
          get octets() {
            return now().octets;
          },
          entries: (from, to) => now().entries(from, to),
          read: (number, from) => now().read(number, from),
          expunge: (numbers, by) => maildrop.expunge(numbers, by),
          close: () => maildrop.close(),
        };
      },
    }),
  },
  {
    name: 'undeletes in a mailbox that does not exist',
    noticedBy: ['it is about one mailbox only'],
    breakStore: (store) => ({ undelete: (name, choice) => store.undelete(name, choice).catch(() => 0) }),
  },
  {
    name: 'forgets what may come back when it is opened again',
    noticedBy: ['a letter that came back, and one that may come back'],
    breakStore: (store) => {
      void store.purge(Number.MAX_SAFE_INTEGER);
      return {};
    },
  },
];

/** Stores that destroy too much or too little. */
export const storesThatBreakPurge: readonly BrokenStore[] = [
  {
    name: 'does not look at the time when it purges',
    noticedBy: ['purge destroys what was expunged before its time'],
    breakStore: (store) => ({ purge: () => store.purge(Number.MAX_SAFE_INTEGER) }),
  },
  {
    name: 'never purges, and says it did',
    noticedBy: ['purge destroys what was expunged before its time', 'purge never passes'],
    breakStore: () => ({ purge: async () => 3 }),
  },
  {
    name: 'purges what an open session holds',
    noticedBy: ['purge never passes', 'what another session removes stays'],
    breakStore: (store) => {
      const purged = new Set<string>();
      return {
        ...maildrops(store, (maildrop, name) => ({
          read: (number, from) => {
            const uniqueId = listed(maildrop, number, number)[0]?.uniqueId ?? '';
            const gone = purged.size > 0 && !present(store, name).has(uniqueId);
            if (gone) throw new StoreError('permanent', 'no such letter');
            return octetsOf(maildrop, number, from);
          },
        })),
        purge: async (before) => {
          purged.add('some');
          return store.purge(before);
        },
      };
    },
  },
  {
    name: 'purges a letter’s octets though another mailbox has it',
    noticedBy: ['a letter purged from one mailbox stays whole'],
    breakStore: (store) => {
      let purged = false;
      return {
        ...maildrops(store, (maildrop) => ({
          read: (number, from) => (purged ? new Uint8Array(0) : maildrop.read(number, from)),
        })),
        purge: async (before) => {
          purged = true;
          return store.purge(before);
        },
      };
    },
  },
  {
    name: 'purges a letter that came back',
    noticedBy: ['a letter that came back is not purged'],
    breakStore: (store) => ({
      purge: async (before) => {
        const maildrop = store.openMaildrop('one');
        await maildrop.expunge(
          listed(maildrop).map(({ number }) => number),
          { account: '', session: '', address: '' },
        );
        maildrop.close();
        return store.purge(before);
      },
    }),
  },
  {
    name: 'brings back what was purged when it is opened again',
    noticedBy: ['what was purged is gone for good'],
    breakStore: () => ({ purge: async () => 2 }),
  },
  {
    name: 'loses a delivery that meets a purge',
    noticedBy: ['two sessions, undelete and purge'],
    breakStore: (store) => {
      let purging = false;
      return {
        ...deliveries(store, (delivery) => ({
          commit: () => {
            if (!purging) return delivery.commit();
            void delivery.abort();
            return [Promise.resolve({ uniqueId: randomUUID(), octets: 0 })];
          },
        })),
        purge: async (before) => {
          purging = true;
          await new Promise((resolve) => setImmediate(resolve));
          purging = false;
          return store.purge(before);
        },
      };
    },
  },
];
