import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Actor, Entry, Maildrop } from '../../maildrop/maildrop.ts';
import type { Envelope, Placed, Recipient, Store } from '../../maildrop/store.ts';
import { StoreError } from '../../maildrop/store-error.ts';

/** The steps that the cases are made of: delivering, and looking at what is there. */

export const owner: Actor = { account: 'owner', session: 'session-1', address: '192.0.2.1' };

export type Octets = string | Uint8Array;

/** A recipient; the trace is none unless given. */
export function to(maildrop: string, trace: Octets = ''): Recipient {
  return { maildrop, trace: bufferOf(trace) };
}

export function envelopeTo(...recipients: readonly Recipient[]): Envelope {
  return { returnPath: 'sender@example.org', recipients };
}

/** Delivers a letter in pieces of at most `piece` octets; answers what commit answered. */
export async function deliver(
  store: Store,
  recipients: readonly Recipient[],
  content: Octets,
  piece = 65_536,
): Promise<readonly (Placed | StoreError)[]> {
  const octets = bufferOf(content);
  const delivery = store.beginDelivery(envelopeTo(...recipients));
  for (let at = 0; at < octets.length; at += piece) await delivery.write(octets.subarray(at, at + piece));
  return Promise.all(delivery.commit());
}

/** Delivers a letter that has to arrive. */
export async function place(store: Store, maildrop: string, content: Octets, trace: Octets = ''): Promise<Placed> {
  const [answer] = await deliver(store, [to(maildrop, trace)], content);
  return placed(answer);
}

export function placed(answer: Placed | StoreError | undefined): Placed {
  assert.ok(answer !== undefined, 'commit answers every recipient');
  assert.ok(!(answer instanceof StoreError), `the letter was not taken: ${String(answer)}`);
  return answer;
}

/** All entries of a snapshot, however many calls that takes. */
export async function entriesOf(maildrop: Maildrop): Promise<readonly Entry[]> {
  return entriesFrom(maildrop, 1, maildrop.count);
}

/** The entries of a range, each slice checked: at least one entry, ascending, without a gap, never beyond `last`. */
export async function entriesFrom(maildrop: Maildrop, first: number, last: number): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  while (first + entries.length <= last) {
    const next = first + entries.length;
    const slice = await maildrop.entries(next, last);
    assert.ok(slice.length > 0, `entries(${next}, ${last}) has at least the first entry`);
    slice.forEach((entry, index) => {
      assert.equal(entry.number, next + index, `entries(${next}, ${last}) ascends without a gap`);
    });
    entries.push(...slice);
  }
  assert.equal(entries.length, Math.max(0, last - first + 1), `entries(${first}, ${last}) does not go beyond ${last}`);
  return entries;
}

/** The octets from an offset to the letter's end, however many slices that takes. */
export async function readFrom(maildrop: Maildrop, entry: Entry, from = 0): Promise<Buffer> {
  const slices: Uint8Array[] = [];
  let at = from;
  while (at < entry.octets) {
    const slice = await maildrop.read(entry.number, at);
    assert.ok(slice.length > 0, `read(${entry.number}, ${at}) of ${entry.octets} octets answers at least one octet`);
    slices.push(Uint8Array.from(slice));
    at += slice.length;
  }
  assert.equal(at, entry.octets, `read(${entry.number}, …) does not go beyond the letter's octets`);
  const beyond = await maildrop.read(entry.number, entry.octets);
  assert.equal(beyond.length, 0, `read(${entry.number}, ${entry.octets}) is the end of the letter`);
  return Buffer.concat(slices);
}

/** What a mailbox holds. */
export interface Found {
  readonly count: number;
  readonly octets: number;
  readonly uniqueIds: readonly string[];
  /** The letters {@link inWords}. */
  readonly letters: readonly string[];
}

/** A letter as a test compares it and shows it: its octets as text, or their number and SHA-256 when there are many. */
export function inWords(letter: Octets): string {
  const octets = bufferOf(letter);
  if (octets.length <= 200) return octets.toString('latin1');
  return `${octets.length} octets, SHA-256 ${createHash('sha256').update(octets).digest('hex')}`;
}

/** Everything in the mailbox as a new session sees it. The sums are checked against the entries. */
export async function find(store: Store, name: string): Promise<Found> {
  const maildrop = await store.openMaildrop(name);
  try {
    return await findIn(maildrop);
  } finally {
    maildrop.close();
  }
}

/** Everything in a snapshot that is open. */
export async function findIn(maildrop: Maildrop): Promise<Found> {
  const entries = await entriesOf(maildrop);
  const letters: string[] = [];
  for (const entry of entries) letters.push(inWords(await readFrom(maildrop, entry)));
  const { count, octets } = maildrop;
  assert.equal(
    octets,
    entries.reduce((sum, entry) => sum + entry.octets, 0),
    'the octets of the snapshot are the sum of its letters',
  );
  return { count, octets, uniqueIds: entries.map(({ uniqueId }) => uniqueId), letters };
}

/** Opens a session, removes these message-numbers, and closes it. */
export async function expunge(store: Store, name: string, numbers: readonly number[]): Promise<void> {
  const maildrop = await store.openMaildrop(name);
  assert.deepEqual(await maildrop.expunge(numbers, owner), { notRemoved: [] });
  maildrop.close();
}

/** Asserts that a call throws or rejects with a StoreError of this kind. */
export async function failsWith(kind: StoreError['kind'], call: () => unknown): Promise<void> {
  await assert.rejects(
    async () => await call(),
    (error) => error instanceof StoreError && error.kind === kind,
    `a StoreError of kind ${kind}`,
  );
}

/** Waits until the clock of the machine has moved on, so that two times differ. */
export async function nextMoment(): Promise<number> {
  const before = Date.now();
  while (Date.now() <= before + 1) await new Promise((resolve) => setImmediate(resolve));
  return Date.now();
}

/** A time that all that happened so far is before. */
export function soon(): number {
  return Date.now() + 60_000;
}

export function bufferOf(octets: Octets): Buffer {
  return typeof octets === 'string' ? Buffer.from(octets, 'latin1') : Buffer.from(octets);
}
