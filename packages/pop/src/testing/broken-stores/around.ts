import type { Entry, Maildrop } from '../../maildrop/maildrop.ts';
import type { Delivery, Envelope, Placed, Recipient, Store } from '../../maildrop/store.ts';
import { StoreError } from '../../maildrop/store-error.ts';
import type { MemoryStore } from '../memory-store.ts';

/**
 * Stores that break one promise each, made of a {@link MemoryStore} that keeps it. They show that the conformance
 * suite notices.
 */
export interface BrokenStore {
  readonly name: string;
  /** How the names of the cases begin that have to notice. */
  readonly noticedBy: readonly string[];
  /** The methods that are broken. Asked again whenever the store is opened again. */
  breakStore(store: MemoryStore): Partial<Store>;
}

/** The store with some of its methods replaced. */
export function around(store: MemoryStore, replaced: Partial<Store>): Store {
  return {
    openMaildrop: (name) => store.openMaildrop(name),
    beginDelivery: (envelope) => store.beginDelivery(envelope),
    hasRoom: (octets) => store.hasRoom(octets),
    reserve: (octets) => store.reserve(octets),
    undelete: (name, choice) => store.undelete(name, choice),
    purge: (before) => store.purge(before),
    ...replaced,
  };
}

function maildropAround(maildrop: Maildrop, replaced: Partial<Maildrop>): Maildrop {
  return {
    count: maildrop.count,
    octets: maildrop.octets,
    entries: (from, to) => maildrop.entries(from, to),
    read: (number, from) => maildrop.read(number, from),
    expunge: (numbers, by) => maildrop.expunge(numbers, by),
    close: () => maildrop.close(),
    ...replaced,
  };
}

function deliveryAround(delivery: Delivery, replaced: Partial<Delivery>): Delivery {
  return {
    write: (octets) => delivery.write(octets),
    commit: () => delivery.commit(),
    abort: () => delivery.abort(),
    ...replaced,
  };
}

/** A store whose maildrops have some methods replaced. */
export function maildrops(
  store: MemoryStore,
  replace: (maildrop: Maildrop, name: string) => Partial<Maildrop>,
): Pick<Store, 'openMaildrop'> {
  return {
    openMaildrop: (name) => {
      const maildrop = store.openMaildrop(name);
      return maildropAround(maildrop, replace(maildrop, name));
    },
  };
}

/** A store that shows entries other than they are. */
export function entries(store: MemoryStore, change: (entry: Entry, maildrop: Maildrop) => Partial<Entry>) {
  return maildrops(store, (maildrop) => ({
    entries: (from, to) => listed(maildrop, from, to).map((entry) => ({ ...entry, ...change(entry, maildrop) })),
  }));
}

/** A store whose deliveries have some methods replaced. */
export function deliveries(
  store: MemoryStore,
  replace: (delivery: Delivery, envelope: Envelope) => Partial<Delivery>,
): Pick<Store, 'beginDelivery'> {
  return {
    beginDelivery: (envelope) => {
      const delivery = store.beginDelivery(envelope);
      return deliveryAround(delivery, replace(delivery, envelope));
    },
  };
}

/** A store that gives other unique-ids: `name` is asked for one whenever a letter has been placed. */
export function renaming(store: MemoryStore, name: (recipient: Recipient, content: Buffer) => string): Partial<Store> {
  const names = new Map<string, string>();
  return {
    ...entries(store, ({ uniqueId }) => ({ uniqueId: names.get(uniqueId) ?? uniqueId })),
    ...deliveries(store, (delivery, { recipients }) => {
      const written: Uint8Array[] = [];
      return {
        write: (octets) => {
          written.push(Uint8Array.from(octets));
          return delivery.write(octets);
        },
        commit: () =>
          delivery.commit().map(async (promise, index) => {
            const [answer, recipient] = [await promise, recipients[index]];
            if (!isPlaced(answer) || !recipient) return answer;
            const uniqueId = names.get(answer.uniqueId) ?? name(recipient, Buffer.concat(written));
            names.set(answer.uniqueId, uniqueId);
            return { ...answer, uniqueId };
          }),
      };
    }),
  };
}

/** Several deliveries that are written and ended as one. */
export function together(all: readonly Delivery[]): Delivery {
  return {
    write: (octets) => {
      for (const delivery of all) void delivery.write(octets);
    },
    commit: () => all.flatMap((delivery) => delivery.commit()),
    abort: async () => {
      for (const delivery of all) await delivery.abort();
    },
  };
}

export function listed(maildrop: Maildrop, from = 1, to = maildrop.count): readonly Entry[] {
  const answer = maildrop.entries(from, to);
  if (answer instanceof Promise) throw new TypeError('a store in memory answers at once');
  return answer;
}

export function octetsOf(maildrop: Maildrop, number: number, from = 0): Uint8Array {
  const answer = maildrop.read(number, from);
  if (answer instanceof Promise) throw new TypeError('a store in memory answers at once');
  return answer;
}

/** The unique-ids that are in the mailbox now. */
export function present(store: MemoryStore, name: string): ReadonlySet<string> {
  const maildrop = store.openMaildrop(name);
  const uniqueIds = new Set(listed(maildrop).map(({ uniqueId }) => uniqueId));
  maildrop.close();
  return uniqueIds;
}

export function isPlaced(answer: Placed | StoreError): answer is Placed {
  return !(answer instanceof StoreError);
}
