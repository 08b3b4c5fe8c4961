import { type Delivery, type Envelope, type Placed, StoreError, type StoreErrorKind } from '@restante/pop/maildrop';
import { MemoryStore } from '@restante/pop/testing';

/** A store in memory whose deliveries can be made to fail or to take their time. */
export class TrialStore extends MemoryStore {
  /** What the next write of any letter fails with. */
  writeFault: StoreErrorKind | undefined;
  /** What commits fail with, by mailbox. */
  readonly commitFaults = new Map<string, StoreErrorKind>();
  /** Octets for which there is still room. */
  room = Number.POSITIVE_INFINITY;
  readonly #held = new Map<string, { readonly until: Promise<void>; readonly release: () => void; asked: boolean }>();

  /** Whether a letter for this mailbox is whole and waits. */
  isHeld(maildrop: string): boolean {
    return this.#held.get(maildrop)?.asked === true;
  }

  /** Lets commits for this mailbox wait until {@link release}. */
  hold(maildrop: string): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held.set(maildrop, { until: promise, release: resolve, asked: false });
  }

  release(maildrop: string): void {
    this.#held.get(maildrop)?.release();
    this.#held.delete(maildrop);
  }

  #ask(maildrop: string): Promise<void> | undefined {
    const hold = this.#held.get(maildrop);
    if (hold !== undefined) hold.asked = true;
    return hold?.until;
  }

  hasRoom(octets: number): Promise<boolean> {
    return Promise.resolve(octets <= this.room);
  }

  override beginDelivery(envelope: Envelope): Delivery {
    const delivery = super.beginDelivery(envelope);
    const fault = (kind: StoreErrorKind) => new StoreError(kind, `${kind}, as the trial wants it`);
    return {
      write: (octets) => {
        const kind = this.writeFault;
        this.writeFault = undefined;
        if (kind !== undefined) throw fault(kind);
        return delivery.write(octets);
      },
      commit: () => {
        const faults = envelope.recipients.map(({ maildrop }) => this.commitFaults.get(maildrop));
        const holds = envelope.recipients.map(({ maildrop }) => this.#ask(maildrop));
        return delivery.commit().map(async (answer, index): Promise<Placed | StoreError> => {
          await holds[index];
          const kind = faults[index];
          return kind === undefined ? answer : fault(kind);
        });
      },
      abort: () => delivery.abort(),
    };
  }
}

/** The letters of a mailbox, whole, one character an octet. */
export function lettersOf(store: MemoryStore, name: string): string[] {
  const maildrop = store.openMaildrop(name);
  const letters = Array.from({ length: maildrop.count }, (_, index) => {
    const parts: Uint8Array[] = [];
    for (let from = 0; ; ) {
      const octets = maildrop.read(index + 1, from) as Uint8Array;
      if (octets.length === 0) return Buffer.concat(parts).toString('latin1');
      parts.push(octets);
      from += octets.length;
    }
  });
  maildrop.close();
  return letters;
}
