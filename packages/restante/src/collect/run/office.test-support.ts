import { connect, type Pop3Client, type Pop3ClientOptions } from '@restante/pop/client';
import type { Maildrop } from '@restante/pop/maildrop';
import { createPop3Server, localPeer, type Pop3Server } from '@restante/pop/server';
import { duplexPair, ManualClock, MemoryStore } from '@restante/pop/testing';

export const PASSWORD = 'tanstaaf';

/** A post office elsewhere, in memory: a real server over a store, whose owner's maildrop is `ada`. */
export class Elsewhere {
  readonly clock = new ManualClock();
  readonly store = new MemoryStore({ maildrops: ['ada'], now: () => this.clock.now() });
  /** Called before letters leave the maildrop, with their octets. */
  onExpunge: (letters: readonly Buffer[]) => void = () => {};
  /** Called with the connection that is made next: the client's end. */
  onCall: (socket: ReturnType<typeof duplexPair>[0]) => void = () => {};
  calls = 0;
  readonly #server: Pop3Server = createPop3Server({
    authenticate: ({ authenticationIdentity, password }) =>
      authenticationIdentity === 'ada' && password.matches(PASSWORD)
        ? { type: 'accepted', account: 'ada' }
        : { type: 'refused' },
    openMaildrop: () => this.#watched(this.store.openMaildrop('ada')),
    cleartext: () => true,
    clock: this.clock,
  });

  async deliver(...letters: readonly string[]): Promise<void> {
    for (const letter of letters) {
      const recipients = [{ maildrop: 'ada', trace: Buffer.alloc(0) }];
      const delivery = this.store.beginDelivery({ returnPath: '', recipients });
      delivery.write(Buffer.from(letter, 'latin1'));
      await Promise.all(delivery.commit());
    }
  }

  /** Octets of the letters that are in the maildrop now. */
  get letters(): string[] {
    const maildrop = this.store.openMaildrop('ada');
    const letters = Array.from({ length: maildrop.count }, (_, index) => whole(maildrop, index + 1).toString('latin1'));
    maildrop.close();
    return letters;
  }

  readonly connect = async (options: Pop3ClientOptions): Promise<Pop3Client> => {
    this.calls += 1;
    const [ours, theirs] = duplexPair();
    this.#server.accept(ours, localPeer);
    this.onCall(theirs);
    return connect({ ...options, socket: theirs });
  };

  #watched(maildrop: Maildrop): Maildrop {
    return {
      count: maildrop.count,
      octets: maildrop.octets,
      entries: (from, to) => maildrop.entries(from, to),
      read: (number, from) => maildrop.read(number, from),
      expunge: (numbers, by) => {
        this.onExpunge(numbers.map((number) => whole(maildrop, number)));
        return maildrop.expunge(numbers, by);
      },
      close: () => maildrop.close(),
    };
  }
}

function whole(maildrop: Maildrop, number: number): Buffer {
  const [entry] = maildrop.entries(number, number) as readonly { readonly octets: number }[];
  const parts: Uint8Array[] = [];
  for (let read = 0; read < (entry?.octets ?? 0); ) {
    const part = maildrop.read(number, read) as Uint8Array;
    parts.push(part);
    read += part.length;
  }
  return Buffer.concat(parts);
}
