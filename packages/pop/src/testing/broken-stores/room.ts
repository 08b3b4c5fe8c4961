import type { Store } from '../../maildrop/store.ts';
import { StoreError } from '../../maildrop/store-error.ts';
import type { MemoryStore } from '../memory-store.ts';
import type { BrokenStore } from './around.ts';
import { deliveries } from './around.ts';

/** Stores that promise room that they do not have, or keep back what they have. */
export const storesThatBreakRoom: readonly BrokenStore[] = [
  {
    name: 'says that there is always room',
    noticedBy: ['there is room for as much as there is', 'room that is kept for a letter'],
    breakStore: () => ({ hasRoom: () => true }),
  },
  {
    name: 'keeps no room',
    noticedBy: ['room that is kept for a letter', 'a letter takes its room', 'reservations that are made at once'],
    breakStore: () => ({ reserve: () => ({ hold: () => undefined, release: () => {} }) }),
  },
  {
    name: 'keeps the room once for each recipient',
    noticedBy: ['a letter takes its room once'],
    breakStore: (store) => keeping(store, { forEach: true }),
  },
  {
    name: 'lets go of the room whenever it is told to',
    noticedBy: ['room is let go of once'],
    breakStore: (store) => keeping(store, { releasedAgain: true }),
  },
  {
    name: 'keeps room for who is not there',
    noticedBy: ['no room is kept for who is not there'],
    breakStore: (store) => keeping(store, { forAnybody: true }),
  },
  {
    name: 'keeps room that it looked for before another kept it',
    noticedBy: ['reservations that are made at once'],
    breakStore: (store) => keeping(store, { late: true }),
  },
  {
    name: 'refuses a letter since room is kept for another',
    noticedBy: ['what is kept for one letter'],
    breakStore: (store) =>
      deliveries(store, (delivery, { recipients }) => ({
        commit: () => {
          if (store.hasRoom(1)) return delivery.commit();
          return recipients.map(async () => new StoreError('no-room', 'kept for others'));
        },
      })),
  },
];

interface Mistakes {
  readonly forEach?: true;
  readonly releasedAgain?: true;
  readonly forAnybody?: true;
  readonly late?: true;
}

/** A store that keeps room, with one mistake in it. */
function keeping(store: MemoryStore, mistakes: Mistakes): Pick<Store, 'hasRoom' | 'reserve'> {
  let kept = 0;
  return {
    hasRoom: (octets) => kept + octets <= store.room,
    reserve: (octets) => {
      let mine = 0;
      return {
        hold: async (maildrop) => {
          const holds = new Set(['one', 'two', 'three']).has(maildrop);
          if (!holds && !mistakes.forAnybody) return new StoreError('no-maildrop', maildrop);
          if (mine > 0 && !mistakes.forEach) return undefined;
          if (kept + octets > store.room) return new StoreError('no-room', maildrop);
          if (mistakes.late) await Promise.resolve();
          mine = octets;
          kept += octets;
          return holds ? undefined : new StoreError('no-maildrop', maildrop);
        },
        release: () => {
          kept -= mine;
          if (!mistakes.releasedAgain) mine = 0;
        },
      };
    },
  };
}
