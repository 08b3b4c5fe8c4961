import type { Delivery, Envelope, Store } from '@restante/pop/maildrop';

/** What takes mail in needs of the store. */
type Counter = Pick<Store, 'beginDelivery' | 'hasRoom' | 'reserve'>;

/** The same store, which tells of each letter how many milliseconds it took from its end to the last answer. */
export function timed(store: Counter, onCommit: (milliseconds: number) => void): Counter {
  return {
    ...(store.hasRoom && { hasRoom: (octets: number) => store.hasRoom?.(octets) ?? true }),
    ...(store.reserve && { reserve: store.reserve.bind(store) }),
    beginDelivery: (envelope: Envelope) => timedDelivery(store.beginDelivery(envelope), onCommit),
  };
}

function timedDelivery(delivery: Delivery, onCommit: (milliseconds: number) => void): Delivery {
  return {
    write: (octets) => delivery.write(octets),
    commit() {
      const since = performance.now();
      const told = () => onCommit(performance.now() - since);
      const answers = delivery.commit();
      // The recipients of a letter are answered together, or nearly so; one that fails is an answer too.
      answers.at(-1)?.then(told, told);
      return answers;
    },
    abort: () => delivery.abort(),
  };
}
