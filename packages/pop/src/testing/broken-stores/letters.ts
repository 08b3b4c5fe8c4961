import type { BrokenStore } from './around.ts';
import { deliveries, entries, isPlaced, listed, maildrops, octetsOf } from './around.ts';

/** Stores that hand out another letter than they were given, or tell another story about it. */
export const storesThatBreakLetters: readonly BrokenStore[] = [
  {
    name: 'loses the last octet of a letter',
    noticedBy: ['a letter comes back octet for octet'],
    breakStore: (store) =>
      maildrops(store, (maildrop) => ({
        read: (number, from) => {
          const octets = octetsOf(maildrop, number, from);
          return from + octets.length === listed(maildrop, number, number)[0]?.octets ? octets.subarray(0, -1) : octets;
        },
      })),
  },
  {
    name: 'ends lines with LF LF',
    noticedBy: ['a letter comes back octet for octet'],
    breakStore: (store) =>
      deliveries(store, (delivery) => ({
        write: (octets) => {
          const text = Buffer.from(octets).toString('latin1');
          return delivery.write(Buffer.from(text.replaceAll('\r\n', '\n\n'), 'latin1'));
        },
      })),
  },
  {
    name: 'answers octets without the trace fields',
    noticedBy: ['octets are exact'],
    breakStore: (store) =>
      deliveries(store, (delivery, { recipients }) => ({
        commit: () =>
          delivery.commit().map(async (promise, index) => {
            const answer = await promise;
            const trace = recipients[index]?.trace.length ?? 0;
            return isPlaced(answer) ? { ...answer, octets: answer.octets - trace } : answer;
          }),
      })),
  },
  {
    name: 'lists an octet too few',
    noticedBy: ['octets are exact'],
    breakStore: (store) => entries(store, ({ octets }) => ({ octets: Math.max(0, octets - 1) })),
  },
  {
    name: 'says that no line of any letter begins with a dot',
    noticedBy: ['dotted says'],
    breakStore: (store) => entries(store, () => ({ dotted: false })),
  },
  {
    name: 'says that a line of every letter begins with a dot',
    noticedBy: ['dotted says'],
    breakStore: (store) => entries(store, () => ({ dotted: true })),
  },
  {
    name: 'looks for dots in each write by itself',
    noticedBy: ['it makes no difference where the writes are cut'],
    breakStore: (store) => {
      const dotted = new Set<string>();
      return {
        ...entries(store, ({ uniqueId }) => ({ dotted: dotted.has(uniqueId) })),
        ...deliveries(store, (delivery) => {
          let isDotted = false;
          return {
            write: (octets) => {
              isDotted ||= octets[0] === 0x2e || Buffer.from(octets).includes('\r\n.');
              return delivery.write(octets);
            },
            commit: () =>
              delivery.commit().map(async (promise) => {
                const answer = await promise;
                if (isPlaced(answer) && isDotted) dotted.add(answer.uniqueId);
                return answer;
              }),
          };
        }),
      };
    },
  },
  {
    name: 'puts the body before the blank line',
    noticedBy: ['the body begins behind'],
    breakStore: (store) => entries(store, ({ body }) => ({ body: Math.max(0, body - 2) })),
  },
  {
    name: 'puts the body at the beginning when there is no blank line',
    noticedBy: ['the body begins behind'],
    breakStore: (store) => entries(store, ({ body, octets }) => ({ body: body === octets ? 0 : body })),
  },
  {
    name: 'reads from the last multiple of four octets',
    noticedBy: ['a letter can be read from any offset'],
    breakStore: (store) =>
      maildrops(store, (maildrop) => ({ read: (number, from) => maildrop.read(number, from & ~3) })),
  },
  {
    name: 'keeps the buffer that write was given',
    noticedBy: ['what was given to write belongs to the caller'],
    breakStore: (store) =>
      deliveries(store, (delivery) => {
        const kept: Uint8Array[] = [];
        return {
          write: (octets) => void kept.push(octets),
          commit: () => {
            for (const octets of kept) void delivery.write(octets);
            return delivery.commit();
          },
        };
      }),
  },
];
