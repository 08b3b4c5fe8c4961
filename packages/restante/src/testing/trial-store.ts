import {
  type Delivery,
  type Envelope,
  type Placed,
  type Recipient,
  type Reservation,
  StoreError,
  type StoreErrorKind,
} from '@restante/pop/maildrop';
import { MemoryStore } from '@restante/pop/testing';

/** A store in memory whose deliveries can be made to fail or to take their time. */
export class TrialStore extends MemoryStore {
  /** What the next write of any letter fails with. */
  writeFault: StoreErrorKind | undefined;
  /** What commits fail with, by mailbox. */
  readonly commitFaults = new Map<string, StoreErrorKind>();
  /** Octets for which there is still room in a mailbox, and which it may ever hold, as long as the letter is only announced. */
  readonly quotas = new Map<string, { readonly left: number; readonly most: number }>();
  /** Reservations that were not let go of. */
  reservations = 0;
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

  override hasRoom(octets: number): Promise<boolean> {
    return Promise.resolve(super.hasRoom(octets));
  }

  override reserve(octets: number, guessed = false): Reservation {
    this.reservations += 1;
    let held = true;
    return {
      hold: (maildrop) => {
        if (octets > this.room) return fault('no-room');
        const { left, most } = this.quotas.get(maildrop) ?? { left: Infinity, most: Infinity };
        const said = guessed ? 1 : octets;
        return said > most ? fault('exceeds-maildrop') : said > left ? fault('over-quota') : undefined;
      },
      release: () => {
        if (!held) throw new Error('a reservation was let go of twice');
        held = false;
        this.reservations -= 1;
      },
    };
  }

  /** What this recipient's commit fails with: a fault of his own, or of another in his group. */
  #faultOf({ maildrop, group }: Recipient, recipients: readonly Recipient[]): StoreErrorKind | undefined {
    const together = group === undefined ? [] : recipients.filter((other) => other.group === group);
    const kinds = together.map((other) => this.commitFaults.get(other.maildrop));
    return group === undefined ? this.commitFaults.get(maildrop) : kinds.find((kind) => kind !== undefined);
  }

  override beginDelivery(envelope: Envelope): Delivery {
    const octets: Uint8Array[] = [];
    return {
      write: (part) => {
        const kind = this.writeFault;
        this.writeFault = undefined;
        if (kind !== undefined) throw fault(kind);
        octets.push(Uint8Array.from(part));
      },
      commit: () => {
        const { recipients } = envelope;
        const faults = recipients.map((recipient) => this.#faultOf(recipient, recipients));
        const holds = recipients.map(({ maildrop }) => this.#ask(maildrop));
        const spared = super.beginDelivery({
          ...envelope,
          recipients: recipients.filter((_, index) => faults[index] === undefined),
        });
        spared.write(Buffer.concat(octets));
        const placed = spared.commit().values();
        const answers = faults.map((kind) => (kind === undefined ? placed.next().value : fault(kind)));
        return answers.map(async (answer, index): Promise<Placed | StoreError> => {
          await holds[index];
          return answer ?? fault('temporary');
        });
      },
      abort: async () => {},
    };
  }
}

function fault(kind: StoreErrorKind): StoreError {
  return new StoreError(kind, `${kind}, as the trial wants it`);
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
