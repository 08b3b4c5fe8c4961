import assert from 'node:assert/strict';
import type { Maildrop } from '../../maildrop/maildrop.ts';
import type { StoreCase, StoreUnderTest } from '../store-conformance.ts';
import { deliver, expunge, type Found, find, findIn, inWords, owner, placed, soon, to } from './steps.ts';

/** One step of a walk: which, and two numbers that say with what. Any numbers make a valid step. */
export type Step = readonly [which: number, first: number, second: number];

interface ModelLetter {
  readonly uniqueId: string;
  readonly octets: Buffer;
}

/** What a mailbox has to be, in the plainest terms: the letters there in order, and those that may come back. */
interface ModelMailbox {
  letters: readonly ModelLetter[];
  expunged: readonly ModelLetter[];
}

interface ModelSnapshot {
  readonly maildrop: Maildrop;
  readonly mailbox: ModelMailbox;
  readonly letters: readonly ModelLetter[];
}

const names = ['one', 'two'] as const;

/**
 * Does the steps, in a store and in a model of it, and compares the two after each. For property tests: the steps are
 * plain numbers, so that any generator can make and shrink them.
 */
export async function walkStore(tested: StoreUnderTest, steps: readonly Step[]): Promise<void> {
  const walk = new Walk(tested);
  for (const name of names) await tested.addMaildrop(name);
  for (const step of steps) {
    await walk.step(step);
    await walk.compareSums();
  }
  await walk.finish();
}

class Walk {
  readonly #tested: StoreUnderTest;
  readonly #mailboxes: Readonly<Record<string, ModelMailbox>> = {
    one: { letters: [], expunged: [] },
    two: { letters: [], expunged: [] },
  };
  #snapshots: readonly ModelSnapshot[] = [];
  #delivered = 0;

  constructor(tested: StoreUnderTest) {
    this.#tested = tested;
  }

  async step([which, first, second]: Step): Promise<void> {
    const name = names[first % 2] ?? 'one';
    const snapshot = this.#snapshots[first % Math.max(1, this.#snapshots.length)];
    switch (which % 10) {
      case 0:
      case 1:
      case 2:
        return this.#deliver(second % 3 === 0 ? names : [name], second % 2_000);
      case 3:
      case 4:
        return this.#open(name);
      case 5:
        return snapshot && this.#look(snapshot);
      case 6:
        return snapshot && this.#expungeAndClose(snapshot, second);
      case 7:
        return snapshot && this.#close(snapshot);
      case 8:
        return this.#undelete(name, second);
      default:
        return second % 2 === 0 ? this.#purge() : this.#reopen();
    }
  }

  /** Count and octets of each mailbox, which no other operation may have left behind. */
  async compareSums(): Promise<void> {
    for (const name of names) {
      const { letters } = this.#mailbox(name);
      const maildrop = await this.#tested.store.openMaildrop(name);
      const { count, octets } = maildrop;
      maildrop.close();
      assert.deepEqual({ count, octets }, { count: letters.length, octets: sumOf(letters) }, `the sums of ${name}`);
    }
  }

  /** Everything that is there and everything that sessions see; then, all of it again from the disk. */
  async finish(): Promise<void> {
    for (const snapshot of this.#snapshots) await this.#look(snapshot);
    for (const name of names) await this.#compare(name);
    await this.#reopen();
    for (const name of names) {
      await this.#compare(name);
      await this.#undelete(name, -1);
      await this.#compare(name);
    }
  }

  async #compare(name: string): Promise<void> {
    assertSame(await find(this.#tested.store, name), this.#mailbox(name).letters, `mailbox ${name}`);
  }

  async #deliver(recipients: readonly string[], size: number): Promise<void> {
    this.#delivered += 1;
    const content = Buffer.from(`Subject: ${this.#delivered}\r\n\r\n${'.'.repeat(size)}\r\n`);
    const trace = (name: string) => Buffer.from(`To: ${name}\r\n`);
    const answers = await deliver(
      this.#tested.store,
      recipients.map((name) => to(name, trace(name))),
      content,
      701,
    );
    for (const [index, name] of recipients.entries()) {
      const mailbox = this.#mailbox(name);
      const { uniqueId } = placed(answers[index]);
      mailbox.letters = [...mailbox.letters, { uniqueId, octets: Buffer.concat([trace(name), content]) }];
    }
  }

  async #open(name: string): Promise<void> {
    if (this.#snapshots.length === 4) return;
    const maildrop = await this.#tested.store.openMaildrop(name);
    const mailbox = this.#mailbox(name);
    this.#snapshots = [...this.#snapshots, { maildrop, mailbox, letters: mailbox.letters }];
  }

  async #look({ maildrop, letters }: ModelSnapshot): Promise<void> {
    assertSame(await findIn(maildrop), letters, 'a snapshot');
  }

  async #expungeAndClose(snapshot: ModelSnapshot, mask: number): Promise<void> {
    const { maildrop, mailbox, letters } = snapshot;
    const chosen = letters.filter((_, index) => (mask >> (index % 16)) & 1);
    const numbers = chosen.map((letter) => letters.indexOf(letter) + 1);
    assert.deepEqual(await maildrop.expunge(numbers, owner), { notRemoved: [] });
    const leaving = mailbox.letters.filter((letter) => chosen.includes(letter));
    mailbox.letters = mailbox.letters.filter((letter) => !leaving.includes(letter));
    mailbox.expunged = [...mailbox.expunged, ...leaving];
    return this.#close(snapshot);
  }

  #close(snapshot: ModelSnapshot): void {
    snapshot.maildrop.close();
    this.#snapshots = this.#snapshots.filter((other) => other !== snapshot);
  }

  async #undelete(name: string, mask: number): Promise<void> {
    const mailbox = this.#mailbox(name);
    const chosen = mailbox.expunged.filter((_, index) => (mask >> (index % 16)) & 1);
    const uniqueIds = chosen.map(({ uniqueId }) => uniqueId);
    assert.equal(await this.#tested.store.undelete(name, { uniqueIds }, owner), chosen.length);
    mailbox.expunged = mailbox.expunged.filter((letter) => !chosen.includes(letter));
    // Another arrival, so another letter as far as the snapshots are concerned, which is why it is copied.
    const back = chosen.map((letter) => ({ ...letter }));
    const found = await find(this.#tested.store, name);
    const order = found.uniqueIds.slice(mailbox.letters.length);
    mailbox.letters = [
      ...mailbox.letters,
      ...back.toSorted((a, b) => order.indexOf(a.uniqueId) - order.indexOf(b.uniqueId)),
    ];
    assertSame(found, mailbox.letters, `mailbox ${name} after undelete`);
  }

  /** A store may keep more than snapshots hold, so what may still come back is known only for what they hold. */
  async #purge(): Promise<void> {
    await this.#tested.store.purge(soon());
    const held = new Set(this.#snapshots.flatMap(({ letters }) => letters));
    for (const name of names) {
      const mailbox = this.#mailbox(name);
      mailbox.expunged = mailbox.expunged.filter((letter) => held.has(letter));
      if (this.#snapshots.length > 0) continue;
      assert.equal(await this.#tested.store.undelete(name, {}, owner), 0, 'purged letters do not come back');
    }
  }

  async #reopen(): Promise<void> {
    if (!this.#tested.reopen) return;
    for (const snapshot of this.#snapshots) this.#close(snapshot);
    await this.#tested.reopen();
  }

  #mailbox(name: string): ModelMailbox {
    return this.#mailboxes[name] ?? assert.fail(name);
  }
}

function assertSame(found: Found, letters: readonly ModelLetter[], what: string): void {
  assert.deepEqual(
    found,
    {
      count: letters.length,
      octets: sumOf(letters),
      uniqueIds: letters.map(({ uniqueId }) => uniqueId),
      letters: letters.map(({ octets }) => inWords(octets)),
    },
    what,
  );
}

function sumOf(letters: readonly ModelLetter[]): number {
  return letters.reduce((sum, { octets }) => sum + octets.length, 0);
}

export const walkCases: readonly StoreCase[] = [
  ...[1, 2, 3].map((seed): StoreCase => {
    return {
      name: `count, octets, snapshots and letters agree with a model, whatever was done (walk ${seed})`,
      run: (tested) => walkStore(tested, stepsFrom(seed, 300)),
    };
  }),
  {
    name: 'two sessions, undelete and purge do not get in each other’s way',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      const letters = Array.from({ length: 40 }, (_, index) => `Subject: ${index}\r\n\r\n`);
      await Promise.all(letters.map((letter) => deliver(store, [to('one')], letter)));
      const before = await find(store, 'one');
      await Promise.all([
        expunge(store, 'one', [1, 2, 3]),
        expunge(store, 'one', [2, 3, 4]),
        store.purge(0),
        ...letters.map((letter) => deliver(store, [to('one')], letter)),
      ]);
      await store.undelete('one', { uniqueIds: before.uniqueIds }, owner);
      const after = await find(store, 'one');
      assert.equal(after.count, 80);
      assert.deepEqual(new Set(after.uniqueIds).size, 80);
      for (const uniqueId of before.uniqueIds) assert.ok(after.uniqueIds.includes(uniqueId));
    },
  },
];

/** Steps that look random and are the same every time (a linear congruential generator, Numerical Recipes' constants). */
function stepsFrom(seed: number, count: number): readonly Step[] {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
  return Array.from({ length: count }, (): Step => [next(), next(), next()]);
}
