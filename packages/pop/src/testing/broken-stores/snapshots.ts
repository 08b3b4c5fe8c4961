import type { Maildrop } from '../../maildrop/maildrop.ts';
import { StoreError } from '../../maildrop/store-error.ts';
import type { MemoryStore } from '../memory-store.ts';
import type { BrokenStore } from './around.ts';
import { entries, listed, maildrops, octetsOf, present } from './around.ts';

/** Stores whose sessions see what others do, or not what is there. */
export const storesThatBreakSnapshots: readonly BrokenStore[] = [
  {
    name: 'shows an empty mailbox to whoever asks for one that is not there',
    noticedBy: ['a mailbox that does not exist'],
    breakStore: (store) => ({
      openMaildrop: (name) => {
        store.addMaildrop(name);
        return store.openMaildrop(name);
      },
    }),
  },
  {
    name: 'shows what arrives during the session',
    noticedBy: ['what arrives later does not show', 'what arrived during the session survives'],
    breakStore: (store) => ({ openMaildrop: (name) => liveView(store, name) }),
  },
  {
    name: 'reads the listing when it is first asked for',
    noticedBy: ['what another session removes stays'],
    breakStore: (store) => ({
      openMaildrop: (name) => {
        const { count, octets } = store.openMaildrop(name);
        let bound: Maildrop | undefined;
        const bind = () => (bound ??= store.openMaildrop(name));
        return {
          count,
          octets,
          entries: (from, to) => listed(bind(), from, Math.min(to, bind().count)),
          read: (number, from) => bind().read(number, from),
          expunge: (numbers, by) => bind().expunge(numbers, by),
          close: () => bound?.close(),
        };
      },
    }),
  },
  {
    name: 'renumbers when another session removes a letter',
    noticedBy: ['what another session removes stays', 'message-numbers hold for the whole session'],
    breakStore: (store) =>
      maildrops(store, (maildrop, name) => ({
        entries: (from, to) => {
          const uniqueIds = present(store, name);
          const left = listed(maildrop).filter(({ uniqueId }) => uniqueIds.has(uniqueId));
          return left.map((entry, index) => ({ ...entry, number: index + 1 })).slice(from - 1, to);
        },
      })),
  },
  {
    name: 'leaves gaps in the numbers of a new session',
    noticedBy: ['message-numbers hold for the whole session'],
    breakStore: (store) => {
      const first = new Map<string, number>();
      return entries(store, ({ uniqueId, number }) => {
        if (!first.has(uniqueId)) first.set(uniqueId, number);
        return { number: first.get(uniqueId) ?? number };
      });
    },
  },
  {
    name: 'answers entries beyond the range',
    noticedBy: ['any range of entries agrees'],
    breakStore: (store) =>
      maildrops(store, (maildrop) => ({
        entries: (from, to) => listed(maildrop, from, Math.min(to + 1, maildrop.count)),
      })),
  },
  {
    name: 'misses the first of a range in the middle',
    noticedBy: ['any range of entries agrees', 'a long listing comes whole'],
    breakStore: (store) =>
      maildrops(store, (maildrop) => ({
        entries: (from, to) => {
          const shift = from > 1 && to < maildrop.count ? 1 : 0;
          return listed(maildrop, from + shift, to + shift).map((entry) => ({
            ...entry,
            number: entry.number - shift,
          }));
        },
      })),
  },
  {
    name: 'removes what was read as soon as the session ends',
    noticedBy: ['a session that only looks'],
    breakStore: (store) =>
      maildrops(store, (maildrop) => {
        const read = new Set<number>();
        return {
          read: (number, from) => {
            read.add(number);
            return octetsOf(maildrop, number, from);
          },
          close: () => {
            void maildrop.expunge([...read], { account: '', session: '', address: '' });
            maildrop.close();
          },
        };
      }),
  },
  {
    name: 'lets go of another session’s snapshot when one is closed twice',
    noticedBy: ['a snapshot may be closed twice'],
    breakStore: (store) => {
      const open: Maildrop[] = [];
      return maildrops(store, (maildrop) => {
        listed(maildrop);
        open.push(maildrop);
        return {
          close: () => open.shift()?.close(),
          read: (number, from) => {
            if (!open.includes(maildrop)) throw new StoreError('permanent', 'no such letter');
            return maildrop.read(number, from);
          },
        };
      });
    },
  },
];

/** A mailbox as it is at every moment, with no snapshot at all. */
function liveView(store: MemoryStore, name: string): Maildrop {
  const now = () => store.openMaildrop(name);
  return {
    get count() {
      return now().count;
    },
    get octets() {
      return now().octets;
    },
    entries: (from, to) => now().entries(from, to),
    read: (number, from) => now().read(number, from),
    expunge: async (_numbers, by) =>
      now().expunge(
        listed(now()).map(({ number }) => number),
        by,
      ),
    close: () => {},
  };
}
